"""Connected components of a large graph in NumPy arrays: about 16 bytes an edge and 4 a node.

Every node points at a smaller one of its component or at itself. A round hooks each root of an
edge onto the smaller root at the other end, and then every node points at its root again (Shiloach
and Vishkin 1982, with the smallest node as the root). A root with a neighbor is hooked, or hooks
one, so that a round at least halves the components that still have an edge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 2**20
"""Nodes or edges that are looked at together; bounds what the arithmetic needs besides."""
Nodes = NDArray[Any]
"""Numbers of nodes (n,), in the type of `node_type`."""


def node_type(count: int) -> np.dtype[Any]:
    """The smallest integer type that numbers `count` nodes."""
    return np.dtype(np.int32 if count <= np.iinfo(np.int32).max else np.int64)


def smallest_members(count: int, left: Nodes, right: Nodes) -> Nodes:
    """The smallest node of each node's component (count,), given the ends of the edges (edges,)."""
    parents = np.arange(count, dtype=node_type(count))
    while True:
        left, right = _between_components(parents, left, right)
        if not len(left):
            return parents
        for part in chunks(len(left)):
            _hook(parents, left[part], right[part])
        _point_at_roots(parents)


def chunks(total: int) -> Iterator[slice]:
    """Slices of `CHUNK` that cover `total` in order."""
    for first in range(0, total, CHUNK):
        yield slice(first, min(first + CHUNK, total))


def _between_components(parents: Nodes, left: Nodes, right: Nodes) -> tuple[Nodes, Nodes]:
    """The roots of the edges whose ends are not connected yet."""
    lefts = []
    rights = []
    for part in chunks(len(left)):
        a = parents[left[part]]
        b = parents[right[part]]
        apart = a != b
        lefts.append(a[apart])
        rights.append(b[apart])
    if not lefts:
        return left, right
    return np.concatenate(lefts), np.concatenate(rights)


def _hook(parents: Nodes, a: Nodes, b: Nodes) -> None:
    """Let the larger root of each edge point at the smallest root that it shares an edge with."""
    np.minimum.at(parents, np.maximum(a, b), np.minimum(a, b))


def _point_at_roots(parents: Nodes) -> None:
    changed = True
    while changed:
        changed = False
        for part in chunks(len(parents)):
            nearer = parents[parents[part]]
            if not np.array_equal(nearer, parents[part]):
                parents[part] = nearer
                changed = True
