from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.triplets import lengths
from alignment.triplets.lengths import Lengths, by_length

TRIPLETS = st.lists(st.tuples(*[st.integers(1, 12)] * 3), max_size=40)


def plain(values: NDArray[np.float64]) -> float:
    """The definition, with all triplets (n, 3) in memory."""
    if not len(values):
        return 0.0
    logs = np.log(values)
    usual_ratio = np.median(logs[:, 1] - logs[:, 0])
    deviation = np.abs(logs[:, 1:] - logs[:, :1] - usual_ratio)
    nearer = (deviation[:, 0] < deviation[:, 1]).mean()
    return float(nearer + (deviation[:, 0] == deviation[:, 1]).mean() / 2)


def column(triplets: list[tuple[int, ...]], path: Path | None = None) -> Lengths:
    values = Lengths(path)
    for triplet in triplets:
        one = Lengths()
        one.add(*["x" * length for length in triplet])
        values.extend(one)
    return values


def test_by_length() -> None:
    assert by_length([column([(10, 20, 5), (5, 10, 40), (8, 16, 9)])]) == 1.0
    assert by_length([column([(10, 10, 10), (7, 7, 7)])]) == 0.5
    assert by_length([Lengths()]) == 0.0


@given(TRIPLETS, TRIPLETS)
def test_several_columns_are_as_one(
    first: list[tuple[int, ...]], second: list[tuple[int, ...]]
) -> None:
    expected = plain(np.array([*first, *second], np.float64).reshape(-1, 3))
    assert by_length([column(first), column(second)]) == expected


def test_files_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lengths, "ROWS_AT_ONCE", 7)
    triplets = np.random.default_rng(3).integers(1, 500, (100, 3))
    listed = [tuple(row) for row in triplets.tolist()]
    spilled = column(listed, tmp_path / "lengths")
    spilled.extend(Lengths())
    assert (tmp_path / "lengths").stat().st_size == 1200
    assert by_length([spilled]) == plain(triplets.astype(np.float64))


def test_added_triplets_count_besides_those_in_the_file(tmp_path: Path) -> None:
    values = column([(10, 20, 5)], tmp_path / "lengths")
    values.add("x" * 5, "x" * 10, "")
    assert [block.tolist() for block in values.blocks()] == [[[10, 20, 5]], [[5, 10, 1]]]
