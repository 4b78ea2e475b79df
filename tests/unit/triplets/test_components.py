import numpy as np
import pytest
from scipy import sparse

from alignment.triplets import components
from alignment.triplets.components import Nodes, node_type, smallest_members


def plain(count: int, left: Nodes, right: Nodes) -> list[int]:
    """The same by SciPy."""
    edges = np.ones(len(left), np.int8)
    graph = sparse.coo_array((edges, (left, right)), shape=(count, count))
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    _, first, place = np.unique(component, return_index=True, return_inverse=True)
    members: list[int] = first[place].tolist()
    return members


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "CHUNK", 37)  # several chunks, and one that is not full
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 400))
    left, right = generator.integers(0, count, (2, int(generator.integers(0, 500))))
    assert smallest_members(count, left, right).tolist() == plain(count, left, right)


def test_a_long_chain_in_any_order() -> None:
    order = np.random.default_rng(1).permutation(5000)
    assert not smallest_members(5000, order[:-1], order[1:]).any()


def test_no_edges() -> None:
    none = np.empty(0, np.int32)
    assert smallest_members(3, none, none).tolist() == [0, 1, 2]
    assert smallest_members(0, none, none).tolist() == []


def test_nodes_take_four_bytes_as_long_as_they_fit() -> None:
    assert node_type(2**31 - 1) == np.int32
    assert node_type(2**31) == np.int64
