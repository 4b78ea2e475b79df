import json
from dataclasses import replace
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


def test_excerpts_of_every_corpus(context: RunContext, tmp_path: Path) -> None:
    (tmp_path / "own.tsv").write_text("source\ttarget\nGood day\tBuenos días\n")
    own = LocalCorpus(kind="local", path=tmp_path / "own.tsv", name="own", license="MIT")
    artifact = pull(context, "es", (TINY_CORPUS, own))
    rows = list(tables.read(artifact.path / layout.EXCERPTS))
    assert [row["corpus"] for row in rows] == ["tiny"] * 120 + ["own"]
    numbers = [row["excerpt"] for row in rows[:120]]
    assert numbers == sorted(numbers)
    assert 10 <= numbers[-1] + 1 <= 15
    assert rows[-1]["target"] == "Buenos días"


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


def table(path: Path, text: str, **settings: object) -> LocalCorpus:
    path.write_text(text)
    return LocalCorpus.model_validate({"kind": "local", "path": path, "name": "own", **settings})


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("sr-Latn", "own has fi, sr, zh_TW (sr is in another script (Cyrl): configure sr-Cyrl)."),
        ("zh", "own has fi, sr, zh_TW (zh_TW is in another script (Hant): configure zh-TW)."),
        ("de", "own has fi, sr, zh_TW."),
    ],
)
def test_why_no_corpus_has_a_language(
    language: str, reason: str, context: RunContext, tmp_path: Path
) -> None:
    text = "source\ttarget\tlang\na\tb\tfi\na\tc\tsr\na\td\tzh_TW\n"
    own = table(tmp_path / "own.tsv", text, columns={"language": "lang"})
    with pytest.raises(EmptyCorpus) as caught:
        pull(context, language, (own,))
    assert reason in str(caught.value.hint)


def test_a_language_that_every_corpus_leaves_out(context: RunContext) -> None:
    with pytest.raises(EmptyCorpus) as caught:
        pull(context, "de", ())
    assert "`languages` of every configured corpus leaves it out" in str(caught.value.hint)


def test_a_relative_is_left_to_its_own_language(context: RunContext, tmp_path: Path) -> None:
    text = "source\ttarget\tlang\none\tum\tpt\ntwo\tdois\tpt-BR\n"
    own = table(tmp_path / "own.tsv", text, columns={"language": "lang"})
    assert PullCounts.of(pull(context, "pt", (own,))).pairs == 2
    both = replace(context, languages=("pt", "pt-BR", "fi"))
    assert PullCounts.of(pull(both, "pt", (own,))).pairs == 1
    assert PullCounts.of(pull(both, "pt-BR", (own,))).pairs == 1
    more = replace(context, languages=("pt", "pt-BR", "fi", "cy"))
    assert pull(more, "pt", (own,)).reused


def test_a_doubtful_spelling_is_reported(
    context: RunContext, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "source\ttarget\tlang\na\tb\tes_AR\nb\tc\tals\nc\td\tde\n"
    own = table(tmp_path / "own.tsv", text, columns={"language": "lang"})
    pull(context, "es-MX", (own,))
    pull(context, "de", (own, TINY_CORPUS))
    unnamed = table(tmp_path / "a.tsv", "source\ttarget\na\tb\n")
    pull(context, "sq", (own, unnamed.model_copy(update={"name": "unnamed"})))
    assert caplog.messages == [
        "pull es-MX: own: es_AR is read for es-MX",
        "pull sq: own: als is Swiss German here, as in Wikipedia",
    ]


def test_a_sample_of_a_corpus(context: RunContext) -> None:
    small = TINY_CORPUS.model_copy(update={"max_pairs": 30})
    artifact = pull(context, "es", (small,))
    assert PullCounts.of(artifact).pairs == 30
    sample = {row["pair_id"] for row in tables.read(artifact.path / layout.PAIRS)}
    everything = pull_tiny(context, "es")["es"]
    identities = sorted(row["pair_id"] for row in tables.read(everything.path / layout.PAIRS))
    assert sample == set(identities[:30])  # the ids are hashes


def test_a_language_that_no_corpus_has(context: RunContext, tmp_path: Path) -> None:
    unnamed = table(tmp_path / "own.tsv", "source\ttarget\n")
    with pytest.raises(EmptyCorpus, match="no corpus has Welsh") as caught:
        pull(context, "cy", (TINY_CORPUS, unnamed))
    assert str(caught.value.hint).startswith(
        "Remove the language, or add a corpus that has it. tiny has "
    )
    assert "own does not name its languages, and has no pair." in str(caught.value.hint)
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
