from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import Clean
from alignment.pipeline.explain import explain
from alignment.types import Artifact

PAIRS = [
    ("Save the page", "Tallenna sivu"),
    ("Save it", "Tallenna"),
    ("Open 12 new pages", "Avaa"),
]


def pulled(directory: Path, pairs: list[tuple[str, str]]) -> Artifact:
    rows = [
        {**dict.fromkeys(tables.PAIRS.names, ""), "source": source, "target": target}
        for source, target in pairs
    ]
    total = tables.write(directory / layout.PAIRS, tables.PAIRS, rows)
    counts = {"pairs": total, "by_corpus": {"tiny": total}}
    return Artifact("pull", "fi", "k", directory, {}, counts, 0.0, "d")


def test_reasons_are_counted_with_examples(tmp_path: Path) -> None:
    explained = explain(pulled(tmp_path, PAIRS), Clean(), "en", "fi", examples=5)
    assert explained.pairs == 3
    assert explained.counts == {"too_few_words": 1, "other_numbers": 1}
    assert explained.rejects == {
        "too_few_words": [("Save it", "Tallenna")],
        "other_numbers": [("Open 12 new pages", "Avaa")],
    }


def test_scores_of_each_filter(tmp_path: Path) -> None:
    explained = explain(pulled(tmp_path, PAIRS), Clean(), "en", "fi")
    words = next(scores for scores in explained.scores if scores.filter.name == "too_few_words")
    assert words.threshold == 3
    assert words.kept == pytest.approx(2 / 3)
    assert words.quantiles[0] == 2


def test_only_configured_filters_are_scored(tmp_path: Path) -> None:
    explained = explain(pulled(tmp_path, PAIRS), Clean(filters=("too_long",)), "en", "fi")
    assert [scores.filter.name for scores in explained.scores] == ["too_long"]
    assert not explained.counts


def test_alternatives_keep_more_than_half(tmp_path: Path) -> None:
    pairs = [("word " * count, "sana " * count) for count in range(1, 101)]
    explained = explain(pulled(tmp_path, pairs), Clean(filters=("too_few_words",)), "en", "fi")
    (words,) = explained.scores
    shares = [share for _, share in words.alternatives]
    assert shares
    assert all(0.5 < share < 1 for share in shares)
    assert len(set(shares)) == len(shares)


def test_examples_are_a_sample_that_the_seed_chooses(tmp_path: Path) -> None:
    pairs = [(f"word{number}", "sana") for number in range(100)]
    artifact = pulled(tmp_path, pairs)
    first = explain(artifact, Clean(), "en", "fi", examples=3, seed=1)
    same = explain(artifact, Clean(), "en", "fi", examples=3, seed=1)
    other = explain(artifact, Clean(), "en", "fi", examples=3, seed=2)
    assert first.counts["too_few_words"] == 100
    assert len(first.rejects["too_few_words"]) == 3
    assert first.rejects == same.rejects != other.rejects


def test_without_pairs(tmp_path: Path) -> None:
    explained = explain(pulled(tmp_path, []), Clean(filters=("too_long",)), "en", "fi")
    assert explained.scores[0].quantiles == []
    assert explained.scores[0].kept is None
