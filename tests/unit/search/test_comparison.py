"""Ranks under two models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alignment.errors import ConfigError
from alignment.search import Document
from alignment.search.comparison import check_comparable, compare
from tests.unit.search.examples import DOCUMENTS, engines, word_index

MANY = [Document(str(number), f"text number {number} of many") for number in range(300)]


def expected_move(before: int | None, after: int | None) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    return {-1: "up", 0: "same", 1: "down"}[(after > before) - (after < before)]


def test_each_list_knows_the_ranks_of_the_other(tmp_path: Path) -> None:
    old, new = engines(tmp_path, MANY)
    query = "number 17"
    comparison = compare(old, new, query, 10)
    old_rows = [match.row for match in old.matches(query, 300)]
    new_rows = [match.row for match in new.matches(query, 300)]
    for places, others in zip(comparison.lists, (new_rows, old_rows), strict=True):
        assert [place.match.rank for place in places] == list(range(1, 11))
        for place in places:
            rank = others.index(place.match.row) + 1
            assert place.other_rank == (rank if rank <= 100 else None)
    old_list, new_list = comparison.lists
    for places, is_new in ((old_list, False), (new_list, True)):
        for place in places:
            ranks = (place.match.rank, place.other_rank)
            assert place.move == expected_move(*(reversed(ranks) if is_new else ranks))
    assert {place.move for place in new_list} >= {"up", "new"}
    assert {place.move for place in old_list} >= {"down", "gone"}
    shared = set(old_rows[:10]) & set(new_rows[:10])
    assert comparison.shared == len(shared)
    assert comparison.moved == sum(old_rows.index(row) != new_rows.index(row) for row in shared)


def test_a_model_compared_with_itself_moves_nothing(tmp_path: Path) -> None:
    old, _ = engines(tmp_path)
    comparison = compare(old, old, "reset", 3)
    assert comparison.shared == 3 and comparison.moved == 0
    assert {place.move for places in comparison.lists for place in places} == {"same"}


def test_indexes_of_other_documents_are_refused(tmp_path: Path) -> None:
    one = word_index(tmp_path / "one")
    other = word_index(tmp_path / "other", DOCUMENTS[:-1])
    check_comparable(one, one)
    with pytest.raises(ConfigError, match="the indexes hold different documents: 6 of"):
        check_comparable(one, other)


def test_scores_are_cosines(tmp_path: Path) -> None:
    old, _ = engines(tmp_path)
    scores = [match.score for match in old.matches("reset", 6)]
    assert np.abs(scores).max() <= 1 + 1e-6
