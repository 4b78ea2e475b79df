import errno
from pathlib import Path

import numpy as np
import pytest

from alignment.arrays import save_array, write_array

FULL = Path("/dev/full")


@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 2)])
def test_saved_arrays_load_as_they_were(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).integers(0, 9, shape)
    save_array(tmp_path / "a.npy", array)
    for mode in (None, "r"):
        loaded = np.load(tmp_path / "a.npy", mmap_mode=mode)
        assert loaded.dtype == array.dtype
        assert loaded.shape == shape
        assert (loaded == array).all()


def test_a_transposed_array_is_written_row_by_row(tmp_path: Path) -> None:
    array = np.arange(6).reshape(2, 3).T
    save_array(tmp_path / "a.npy", array)
    assert np.load(tmp_path / "a.npy").tolist() == array.tolist()
    with (tmp_path / "raw").open("wb") as file:
        write_array(file, array)
        write_array(file, np.array([9]))
    assert np.fromfile(tmp_path / "raw", np.int64).tolist() == [0, 3, 1, 4, 2, 5, 9]


@pytest.mark.skipif(not FULL.exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("size", [3, 100_000])
def test_a_full_disk_is_an_error_with_a_reason(size: int) -> None:
    with pytest.raises(OSError) as caught:
        save_array(FULL, np.arange(size))
    assert caught.value.errno == errno.ENOSPC
