from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import layout
from alignment.errors import Corrupt
from alignment.files import tree_digests
from alignment.types import Artifact
from alignment.vectors import pair_vectors, read_kept, shard_name, write_shard
from tests.unit.retrieval.vectors import unit

SOURCES = unit(3, seed=1)
TARGETS = unit(4, seed=2)


def artifact(path: Path) -> Artifact:
    return Artifact("embed", "fi", "fi", path, tree_digests(path), {}, 0.0, "digest")


def write_embedded(path: Path, source_rows: Sequence[int], target_rows: Sequence[int]) -> Artifact:
    for name, vectors in ((layout.SOURCE_VECTORS, SOURCES), (layout.TARGET_VECTORS, TARGETS)):
        (path / name).mkdir(parents=True)
        write_shard(path / name / shard_name(0), [vectors], *vectors.shape)
    np.save(path / layout.SOURCE_ROWS, np.array(source_rows, np.int32))
    np.save(path / layout.TARGET_ROWS, np.array(target_rows, np.int32))
    return artifact(path)


@pytest.fixture
def embedded(tmp_path: Path) -> Artifact:
    return write_embedded(tmp_path / "embed", [0, 0, 1, 2, 1], [0, 1, 2, 3, 0])


def close(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-3))


def test_vectors_by_pair(embedded: Artifact) -> None:
    vectors = pair_vectors(embedded)
    assert (len(vectors), vectors.dim) == (5, 6)
    assert close(vectors.sources(), SOURCES[[0, 0, 1, 2, 1]])
    assert close(vectors.targets(np.array([4, 2])), TARGETS[[0, 2]])
    assert close(vectors.sources(slice(1, 3)), SOURCES[[0, 1]])


def test_kept_pairs_only(embedded: Artifact) -> None:
    vectors = pair_vectors(embedded, np.array([1, 4]))
    assert len(vectors) == 2
    assert close(vectors.sources(), SOURCES[[0, 1]])
    assert close(vectors.targets(np.array([1])), TARGETS[[0]])


def test_kept_rows_of_other_pairs(embedded: Artifact) -> None:
    with pytest.raises(Corrupt, match="got row 5 of 5 embedded pairs"):
        pair_vectors(embedded, np.array([1, 5]))


def test_a_sentence_without_a_vector(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"target_rows.npy: got sentence 4 of 4"):
        pair_vectors(write_embedded(tmp_path, [0], [4]))


def test_sides_with_another_number_of_pairs(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match=r"target_rows.npy: got 1 pairs, expected 2"):
        pair_vectors(write_embedded(tmp_path, [0, 1], [0]))


def test_row_numbers_that_are_cut_short(embedded: Artifact) -> None:
    path = embedded.path / layout.SOURCE_ROWS
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(Corrupt, match=r"source_rows.npy: .*got 146 bytes, expected 148"):
        pair_vectors(embedded)


def test_an_artifact_with_all_pairs_has_no_kept_rows(embedded: Artifact) -> None:
    assert read_kept(embedded) is None


def test_kept_rows_come_back(tmp_path: Path) -> None:
    np.save(tmp_path / layout.KEPT, np.array([0, 3, 7]))
    kept = read_kept(artifact(tmp_path))
    assert kept is not None
    assert kept.tolist() == [0, 3, 7]


@pytest.mark.parametrize("rows", [[3, 1], [1, 1], [-1, 2]])
def test_kept_rows_ascend(tmp_path: Path, rows: list[int]) -> None:
    np.save(tmp_path / layout.KEPT, np.array(rows))
    with pytest.raises(Corrupt, match=r"kept.npy: the rows do not ascend"):
        read_kept(artifact(tmp_path))
