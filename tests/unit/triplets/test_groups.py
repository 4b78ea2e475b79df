from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from alignment.triplets import components
from alignment.triplets.groups import MeaningGroups, Sentences

FINNISH = (np.array([1, 1, 4]), np.array([10, 11, 12]))
ESTONIAN = (np.array([2, 3]), np.array([20, 20]))  # one sentence for two English ones


def test_translations_of_one_sentence_are_one_meaning() -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    assert groups.find(np.array([10, 11, 2, 3, 4])).tolist() == [0, 0, 1, 1, 2]


def test_languages_join_through_the_pivot() -> None:
    spanish = (np.array([1, 2]), np.array([30, 30]))
    groups = MeaningGroups.of([FINNISH, ESTONIAN, spanish])
    assert groups.find(np.array([10, 11, 20, 30, 3])).tolist() == [0] * 5


def test_a_sentence_in_no_pair_has_its_own_meaning() -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    assert groups.find(np.array([99, 98, 99])).tolist() == [-100, -99, -100]
    assert (MeaningGroups.of([]).find(np.array([-7, 7])) < 0).all()


def test_groups_load_as_saved(tmp_path: Path) -> None:
    groups = MeaningGroups.of([FINNISH, ESTONIAN])
    groups.save(tmp_path / "groups")
    loaded = MeaningGroups.load(tmp_path / "groups")
    sentences = np.arange(-2, 25)
    assert loaded.find(sentences).tolist() == groups.find(sentences).tolist()


def plain(pairs: list[tuple[Sentences, Sentences]]) -> tuple[list[int], list[int]]:
    """Sentences and groups by SciPy, with everything in memory."""
    sources = np.concatenate([source for source, _ in pairs])
    targets = np.concatenate([target for _, target in pairs])
    sentences, nodes = np.unique(np.concatenate([sources, targets]), return_inverse=True)
    left, right = np.split(nodes, 2)
    shape = (len(sentences), len(sentences))
    graph = sparse.coo_array((np.ones(len(left)), (left, right)), shape=shape)
    _, component = sparse.csgraph.connected_components(graph, directed=False)
    _, first, group = np.unique(component, return_index=True, return_inverse=True)
    return sentences.tolist(), np.argsort(np.argsort(first))[group].tolist()


@pytest.mark.parametrize("seed", range(10))
def test_groups_are_those_of_the_plain_version(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "CHUNK", 100)
    generator = np.random.default_rng(seed)
    pairs = []
    for size in (700, 1, 300):
        source = generator.integers(-(2**63), 2**63 - 1, 400)[generator.integers(0, 400, size)]
        pairs.append((source, generator.integers(-500, 500, size) * 2**50))
    pairs.append((pairs[0][0][:200], generator.integers(0, 2**60, 200)))  # a shared pivot
    groups = MeaningGroups.of(pairs)
    assert (groups.sentences.tolist(), groups.groups.tolist()) == plain(pairs)
