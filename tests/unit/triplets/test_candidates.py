from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment import tables
from alignment.triplets import candidates
from alignment.triplets.candidates import Candidates, CandidateTable, Vectors

N, K = 40, 5
PAIRS = np.arange(N)


def unit_vectors(generator: np.random.Generator) -> NDArray[np.float32]:
    vectors = generator.normal(size=(N, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@pytest.fixture
def vectors() -> Vectors:
    generator = np.random.default_rng(1)
    positives = unit_vectors(generator)
    return Vectors(unit_vectors(generator), positives, positives)


@pytest.fixture
def mined() -> Candidates:
    generator = np.random.default_rng(2)
    rows = generator.integers(-1, N, (N, K)).astype(np.int32)
    rows[7] = -1  # a row without candidates
    return Candidates(rows, generator.random((N, K)).astype(np.float32))


@pytest.fixture
def path(tmp_path: Path, mined: Candidates, vectors: Vectors) -> Path:
    file = tmp_path / "candidates.parquet"
    batches = [
        *candidates.batches("forward", "semantic", mined, vectors, PAIRS),
        *candidates.batches("backward", "random", mined, None, PAIRS),
    ]
    tables.write_batches(file, tables.CANDIDATES, batches)
    return file


def test_candidates_come_back_as_mined(path: Path, mined: Candidates, vectors: Vectors) -> None:
    table = CandidateTable(path, range(N))
    for i in range(N):
        filled = mined.rows[i] >= 0
        expected = mined.rows[i][filled].tolist()
        forward = table.get((i, "forward", "semantic"))
        assert forward is not None
        assert forward.candidates == expected
        assert forward.scores == mined.scores[i][filled].tolist()
        anchor = vectors.anchors[i]
        positive = float(anchor @ vectors.positives[i])
        assert forward.positive_similarity == pytest.approx(positive, abs=1e-6)
        cosines = (vectors.pool[expected] @ anchor).tolist()
        assert forward.similarities == pytest.approx(cosines, abs=1e-6)


def test_without_vectors_there_are_no_similarities(path: Path, mined: Candidates) -> None:
    backward = CandidateTable(path, range(N)).get((3, "backward", "random"))
    assert backward is not None
    assert backward.candidates == mined.rows[3][mined.rows[3] >= 0].tolist()
    assert backward.positive_similarity is None
    assert backward.similarities is None


def test_a_strategy_that_was_not_mined(path: Path) -> None:
    assert CandidateTable(path, range(N)).get((0, "forward", "random")) is None


def test_a_part_has_the_same_rows(path: Path) -> None:
    whole = CandidateTable(path, range(N))
    part = CandidateTable(path, range(30, 38))
    for i in range(30, 38):
        assert part.get((i, "backward", "random")) == whole.get((i, "backward", "random"))
        assert part.get((i, "forward", "semantic")) == whole.get((i, "forward", "semantic"))


@pytest.mark.parametrize("rows", [range(1), range(7, 8), range(8, 16), range(5, 27)])
def test_a_part_of_several_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mined: Candidates, rows: range
) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 8)
    file = tmp_path / "candidates.parquet"
    batches = [
        *candidates.batches("forward", "random", mined, None, PAIRS),
        *candidates.batches("backward", "random", mined, None, PAIRS),
    ]
    tables.write_batches(file, tables.CANDIDATES, batches)
    assert len(tables.row_groups(file)) >= 2 * N // 8
    part = CandidateTable(file, rows)
    for row in rows:
        backward = part.get((row, "backward", "random"))
        assert backward is not None
        assert backward.candidates == mined.rows[row][mined.rows[row] >= 0].tolist()


def test_rows_are_those_of_the_whole_table() -> None:
    mined = Candidates(np.array([[1, -1], [0, 2], [-1, -1]], np.int32), np.zeros((3, 2), "f4"))
    (batch,) = candidates.batches("forward", "random", mined, None, np.array([4, 7, 9]))
    assert batch["pair"].to_pylist() == [4, 7, 9]
    assert batch["candidates"].to_pylist() == [[7], [4, 9], []]


def test_large_tables_come_in_several_batches(
    monkeypatch: pytest.MonkeyPatch, mined: Candidates, vectors: Vectors
) -> None:
    whole = list(candidates.batches("forward", "semantic", mined, vectors, PAIRS))
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 16)
    parts = list(candidates.batches("forward", "semantic", mined, vectors, PAIRS))
    assert [part.num_rows for part in parts] == [16, 16, 8]
    rows = []
    for part in parts:
        rows += part.to_pylist()
    assert rows == whole[0].to_pylist()
