"""Laws of triplets that hold for any input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alignment.triplets.groups import MeaningGroups
from alignment.triplets.negatives import random_candidates

SIDE = 13  # sentences of each language
OFFSET = 20  # the second language's numbers begin here
Edges = list[tuple[int, int]]
EDGES = st.lists(st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1)), max_size=30)


def groups_of(edges: Edges) -> list[int]:
    """The group of each sentence number."""
    source, target = np.array(edges, np.int64).reshape(-1, 2).T
    groups = MeaningGroups.of([(source, OFFSET + target)])
    numbers: list[int] = groups.find(np.arange(OFFSET + SIDE)).tolist()
    return numbers


def components(edges: Edges) -> list[set[int]]:
    """Connected components, joined one edge after the other."""
    parts: list[set[int]] = []
    for a, b in edges:
        joined = {a, OFFSET + b}
        rest = []
        for part in parts:
            if part & {a, OFFSET + b}:
                joined |= part
            else:
                rest.append(part)
        parts = [*rest, joined]
    return parts


@given(EDGES)
def test_groups_do_not_depend_on_the_order(edges: Edges) -> None:
    assert groups_of(edges) == groups_of(edges[::-1])


@given(EDGES)
def test_groups_are_connected_components(edges: Edges) -> None:
    groups = groups_of(edges)
    parts = components(edges)
    for a in range(SIDE):
        for b in range(OFFSET, OFFSET + SIDE):
            together = any({a, b} <= part for part in parts)
            assert (groups[a] == groups[b]) == together


@given(st.integers(2, 60), st.integers(1, 12), st.integers(0, 3))
def test_random_rows_are_other_rows(n: int, k: int, seed: int) -> None:
    rows = random_candidates([f"id{i}" for i in range(n)], k, seed).rows
    drawn = min(k, n - 1)
    assert (rows[:, drawn:] == -1).all()
    assert ((rows[:, :drawn] >= 0) & (rows[:, :drawn] < n)).all()
    assert not (rows == np.arange(n)[:, None]).any()
