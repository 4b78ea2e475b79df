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
