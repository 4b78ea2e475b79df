from dataclasses import asdict
from pathlib import Path

import pytest

from alignment.triplets.audit import (
    EXAMPLES,
    GuardCounts,
    Hardness,
    NegativeStats,
    hardness,
)
from alignment.triplets.rows import TripletRow

ROW: TripletRow = {
    "pair_id": "0000",
    "anchor": "a",
    "positive": "b",
    "negative": "c",
    "anchor_lang": "en",
    "positive_lang": "fi",
    "negative_lang": "fi",
    "group": 1,
    "negative_group": 2,
    "direction": "forward",
    "strategy": "random",
    "rank": 0,
    "score": 0.0,
    "positive_similarity": 0.9,
    "negative_similarity": 0.8,
    "chrf": 3.0,
    "weight": 1.0,
}
EDITED: TripletRow = {
    **ROW,
    "strategy": "edited",
    "negative_similarity": None,
    "negative_lang": "en",
}


@pytest.mark.parametrize(
    ("similarity", "expected"),
    [(0.95, "hard"), (0.9, "hard"), (0.8, "semi-hard"), (0.6, "easy")],
)
def test_hardness_by_distance(similarity: float, expected: Hardness) -> None:
    assert hardness(0.9, similarity, 0.2) == expected


def test_merged_stats_are_those_of_all_rows() -> None:
    backward: TripletRow = {**ROW, "anchor_lang": "es", "positive_lang": "en", "chrf": None}
    first = NegativeStats(0.2, "en")
    second = NegativeStats(0.2, "en")
    together = NegativeStats(0.2, "en")
    first.add([ROW, backward])
    second.add([ROW, EDITED])
    together.add([ROW, backward, ROW, EDITED])
    first.merge(second)
    assert first.finished() == together.finished()


def test_stats_in_files_are_those_in_memory(tmp_path: Path) -> None:
    spanish: TripletRow = {**ROW, "positive_lang": "es", "anchor": "four", "negative": "longer"}
    in_memory = NegativeStats(0.2, "en")
    in_files = NegativeStats(0.2, "en", tmp_path)
    for rows in ([ROW, spanish], [EDITED], [spanish, spanish, ROW]):
        part = NegativeStats(0.2, "en")
        part.add(rows)
        in_memory.merge(part)
        in_files.merge(part)
    assert in_files.finished() == in_memory.finished()
    assert len(list(tmp_path.iterdir())) == 3


def test_finished_stats() -> None:
    stats = NegativeStats(0.2, "en")
    stats.add([ROW, EDITED, ROW])
    result = stats.finished()
    random = result["strategies"]["random"]
    assert (random["count"], random["measured"], random["semi-hard"]) == (2, 2, 2)
    assert random["histogram"][16] == 2
    assert (random["positive_similarity"], random["negative_similarity"]) == (0.9, 0.8)
    assert len(random["examples"]) == 2
    edited = result["by_language"]["fi"]["edited"]
    assert (edited["count"], edited["measured"], edited["by_language"]) == (1, 0, 1)


def test_examples_are_limited_and_of_each_language_in_turn() -> None:
    stats = NegativeStats(0.2, "en")
    for language in ("fi", "es"):
        stats.add([{**ROW, "positive_lang": language, "anchor": language}] * (EXAMPLES + 5))
    result = stats.finished()
    anchors = [example["anchor"] for example in result["strategies"]["random"]["examples"]]
    assert anchors == ["es", "fi"] * (EXAMPLES // 2)
    assert len(result["by_language"]["fi"]["random"]["examples"]) == 3


def test_an_unknown_chrf_is_computed_for_examples() -> None:
    stats = NegativeStats(0.2, "en")
    stats.add([{**ROW, "positive": "same text", "negative": "same text", "chrf": None}])
    (example,) = stats.finished()["strategies"]["random"]["examples"]
    assert example["chrf"] == pytest.approx(100)


def test_guard_counts_add_every_field() -> None:
    total = GuardCounts(1, 2, 3, 4, 5, 6)
    total.add(GuardCounts(10, 20, 30, 40, 50, 60, dict.fromkeys(total.built, 7)))
    numbers = asdict(total)
    assert set(numbers.pop("built").values()) == {7}
    assert list(numbers.values()) == [11, 22, 33, 44, 55, 66]
