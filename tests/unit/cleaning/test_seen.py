from pathlib import Path

import numpy as np

from alignment.cleaning.seen import SeenHashes


def test_earlier_columns_and_the_same_column_count() -> None:
    seen = SeenHashes()
    assert seen.add(np.array([3, 1, 3])).tolist() == [False, False, True]
    assert seen.add(np.array([2, 1])).tolist() == [False, True]
    assert seen.add(np.array([], dtype=np.int64)).tolist() == []
    assert len(seen) == 3


def test_long_runs_are_written_to_files(tmp_path: Path) -> None:
    seen = SeenHashes(tmp_path, spill=4)
    seen.add(np.arange(10))
    (file,) = tmp_path.glob("*.u64")
    assert file.stat().st_size == 80
    assert seen.add(np.array([9, 10])).tolist() == [True, False]
    assert len(seen) == 11


def test_runs_stay_few() -> None:
    """A run is merged until each is at least twice as long as the next."""
    seen = SeenHashes()
    for start in range(64):
        seen.add(np.array([start]))
    lengths = [len(run) for run in seen._runs]
    assert sum(lengths) == 64
    assert len(lengths) <= 7
