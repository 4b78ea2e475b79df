import json
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import LocalCorpus
from alignment.context import RunContext
from alignment.errors import EmptyCorpus
from alignment.stages.pull import PullCounts, pull
from tests.stages.helpers import TINY_CORPUS, pull_tiny


def test_all_corpora_in_one_table(context: RunContext, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("source\ttarget\nGood day\tBuenos días\n")
    own = LocalCorpus(kind="local", path=tmp_path / "own.tsv", name="own", license="MIT")
    artifact = pull(context, "es", (TINY_CORPUS, own))
    assert PullCounts.of(artifact) == PullCounts(121, {"tiny": 120, "own": 1})
    rows = list(tables.read(artifact.path / layout.PAIRS))
    assert rows[-1]["corpus"] == "own"
    assert rows[-1]["license"] == "MIT"
    assert rows[-1]["origin"].endswith("own.tsv:2")
    assert {row["target_lang"] for row in rows} == {"es"}


def test_a_changed_file_is_pulled_again(context: RunContext, tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("source\ttarget\nGood day\tBuenos días\n")
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT")
    first = pull(context, "es", (own,))
    assert pull(context, "es", (own,)).reused
    path.write_text("source\ttarget\nGood night\tBuenas noches\n")
    again = pull(context, "es", (own,))
    assert not again.reused
    assert again.rebuild_reasons == ("input own:own.tsv changed",)
    assert again.key != first.key


def test_a_sample_of_a_corpus(context: RunContext) -> None:
    small = TINY_CORPUS.model_copy(update={"max_pairs": 30})
    artifact = pull(context, "es", (small,))
    assert PullCounts.of(artifact).pairs == 30
    sample = {row["pair_id"] for row in tables.read(artifact.path / layout.PAIRS)}
    everything = pull_tiny(context, "es")["es"]
    identities = sorted(row["pair_id"] for row in tables.read(everything.path / layout.PAIRS))
    assert sample == set(identities[:30])  # the ids are hashes


def test_a_language_that_no_corpus_has(context: RunContext) -> None:
    with pytest.raises(EmptyCorpus, match="no corpus has Welsh") as caught:
        pull(context, "cy", (TINY_CORPUS,))
    assert "tiny has " in str(caught.value.hint)
    assert not list(context.store.root.glob("pull/*"))


XLIFF = """<xliff><file source-language="en" target-language="es"><body>
<trans-unit><source>Good day</source><target>Buenos días</target></trans-unit>
<trans-unit><source>Bad \x01</source><target>Malo</target></trans-unit>
<trans-unit><source>New</source><target state="new">Nuevo</target></trans-unit>
</body></file></xliff>"""


def test_skipped_units_are_counted_and_reported(
    context: RunContext, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "own.xlf"
    path.write_text(XLIFF)
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT", max_pairs=5)
    artifact = pull(context, "es", (TINY_CORPUS, own))
    counts = PullCounts.of(artifact)
    expected = {"damaged unit": 1, "state new": 1}
    assert counts.skipped == {"own": expected}
    assert counts.skipped_by_reason() == expected
    assert json.loads((artifact.path / layout.SKIPPED).read_text()) == counts.skipped
    assert "own es: units skipped: damaged unit 1, state new 1" in caplog.text


def test_an_empty_corpus_says_what_was_skipped(context: RunContext, tmp_path: Path) -> None:
    path = tmp_path / "own.xlf"
    path.write_text(XLIFF.replace("<target>", '<target state="needs-l10n">'))
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT")
    with pytest.raises(EmptyCorpus) as caught:
        pull(context, "es", (own,))
    assert "own: skipped damaged unit 1, state needs-l10n 1, state new 1" in str(caught.value)
