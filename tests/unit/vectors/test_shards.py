import functools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment.errors import Corrupt
from alignment.vectors import VectorShards, shard_name, write_shard
from tests.faulty_disk import FaultyDisk
from tests.unit.retrieval.vectors import unit

DIM = 6


@pytest.fixture
def vectors() -> NDArray[np.float32]:
    return unit(20, DIM)


@pytest.fixture
def directory(tmp_path: Path, vectors: NDArray[np.float32]) -> Path:
    for number, rows in enumerate((slice(0, 8), slice(8, 16), slice(16, 20))):
        part = vectors[rows]
        write_shard(tmp_path / shard_name(number), [part[:3], part[3:]], len(part), DIM)
    return tmp_path


def test_vectors_come_back_as_unit_rows(directory: Path, vectors: NDArray[np.float32]) -> None:
    shards = VectorShards(directory)
    assert (len(shards), shards.dim) == (20, DIM)
    numbers = np.array([19, 0, 8, 7, 8, 15])
    taken = shards.take(numbers)
    assert taken.dtype == np.float32
    assert np.abs(taken - vectors[numbers]).max() < 1e-3
    assert np.abs(np.linalg.norm(taken, axis=1) - 1).max() < 1e-6
    assert (taken[2] == taken[4]).all()
    assert shards.take(np.array([], np.int64)).shape == (0, DIM)


def test_a_shard_is_a_plain_array(directory: Path, vectors: NDArray[np.float32]) -> None:
    assert (np.load(directory / shard_name(1)) == vectors[8:16].astype(np.float16)).all()


def test_no_vectors(tmp_path: Path) -> None:
    write_shard(tmp_path / shard_name(0), [], 0, DIM)
    shards = VectorShards(tmp_path)
    assert (len(shards), shards.dim) == (0, DIM)


def test_a_shard_that_is_cut_short(directory: Path) -> None:
    path = directory / shard_name(1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Corrupt, match=r"00001.npy: .*got 223 bytes, expected 224"):
        VectorShards(directory)


def test_a_shard_that_is_cut_short_later(directory: Path) -> None:
    shards = VectorShards(directory)
    path = directory / shard_name(2)
    path.write_bytes(path.read_bytes()[:-1])
    shards.take(np.array([0, 15]))
    with pytest.raises(Corrupt, match=r"00002.npy"):
        shards.take(np.array([0, 16]))


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array at all, but long enough" * 9])
def test_a_file_that_is_no_array(directory: Path, content: bytes) -> None:
    (directory / shard_name(0)).write_bytes(content)
    with pytest.raises(Corrupt, match=r"00000.npy: the array cannot be read"):
        VectorShards(directory)


def test_a_missing_shard(directory: Path) -> None:
    (directory / shard_name(1)).unlink()
    with pytest.raises(Corrupt, match=r"00001.npy"):
        VectorShards(directory)


def test_another_kind_of_array(directory: Path) -> None:
    np.save(directory / shard_name(1), np.zeros((8, DIM), np.float32))
    with pytest.raises(Corrupt, match=r"00001.npy: .*float32"):
        VectorShards(directory)


def test_another_dimension(directory: Path) -> None:
    write_shard(directory / shard_name(1), [unit(8, 5)], 8, 5)
    with pytest.raises(Corrupt, match=r"00001.npy: got vectors of dimension 5, expected 6"):
        VectorShards(directory)


@pytest.mark.parametrize("rows", [7, 9])
def test_a_wrong_number_of_vectors_leaves_nothing(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ValueError, match=f"got 8 vectors, expected {rows}"):
        write_shard(tmp_path / shard_name(0), [unit(8, DIM)], rows, DIM)
    assert not list(tmp_path.iterdir())


def write_one(directory: Path) -> None:
    write_shard(directory / shard_name(0), [unit(8, DIM), unit(8, DIM)], 16, DIM)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    disk = FaultyDisk(die_at=1, full=True)
    with pytest.raises(OSError, match="No space left"):
        disk.run(lambda: write_one(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_no_half_shard(tmp_path: Path) -> None:
    counted = FaultyDisk()
    (tmp_path / "whole").mkdir()
    assert counted.run(lambda: write_one(tmp_path / "whole"))
    assert len(counted.operations) > 2
    for number in range(len(counted.operations)):
        directory = tmp_path / str(number)
        directory.mkdir()
        disk = FaultyDisk(die_at=number, torn=True)
        assert not disk.run(functools.partial(write_one, directory))
        disk.cut_power(directory)
        for path in directory.glob("*.npy"):
            assert path.read_bytes() == (tmp_path / "whole" / path.name).read_bytes()
