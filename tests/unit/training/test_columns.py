from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.errors import Corrupt
from alignment.training.columns import Columns, ColumnWriter, chunks
from alignment.training.inverted import write_index


@pytest.mark.parametrize("parts", [[], [0], [3, 0, 5], [100_000, 1]])
def test_a_column_is_a_plain_npy_file(tmp_path: Path, parts: list[int]) -> None:
    values = [np.arange(length, dtype=np.int32) for length in parts]
    with ColumnWriter(tmp_path / "x.npy", np.int32) as writer:
        for part in values:
            writer.append(part)
    expected = np.concatenate([*values, np.empty(0, np.int32)])
    assert len(writer) == len(expected)
    for loaded in (np.load(tmp_path / "x.npy"), Columns(tmp_path)["x"]):
        assert loaded.dtype == np.int32 and np.array_equal(loaded, expected)


def test_values_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with ColumnWriter(tmp_path / "x.npy", np.int32) as writer, pytest.raises(TypeError):
        writer.append(np.array([0.5]))


def test_released_pages_are_read_again(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(100_000))
    columns = Columns(tmp_path)
    view = columns["x"].data
    total = int(columns["x"].sum())
    columns.release()
    assert int(columns["x"].sum()) == total and view[99_999] == 99_999


def test_mapped_columns_cannot_be_changed(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(10))
    with pytest.raises(ValueError, match="read-only"):
        Columns(tmp_path)["x"][0] = 5


def test_columns_by_name(tmp_path: Path) -> None:
    np.save(tmp_path / "b.npy", np.arange(3))
    np.save(tmp_path / "a.npy", np.arange(2))
    (tmp_path / "meta.json").touch()
    columns = Columns(tmp_path)
    assert list(columns) == ["a", "b"] and len(columns) == 2
    with pytest.raises(KeyError):
        columns["c"]


@pytest.mark.parametrize("content", [b"", b"no column", None])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.arange(1000))
    path.write_bytes(path.read_bytes()[:4000] if content is None else content)
    with pytest.raises(Corrupt, match="the array cannot be read") as raised:
        Columns(tmp_path)["x"]
    assert raised.value.where == str(path)
    assert "The next run builds it again" in str(raised.value.hint)


def test_chunks_cover_everything() -> None:
    assert list(chunks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(chunks(0)) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-1, 6), max_size=60), st.integers(1, 9))
def test_an_index_has_the_rows_of_each_key(
    tmp_path_factory: pytest.TempPathFactory, keys: list[int], size: int
) -> None:
    directory = tmp_path_factory.mktemp("index")
    column = np.array(keys, np.int32)
    rows = np.arange(len(keys), dtype=np.int32)
    write_index(
        directory, "x", 7, lambda: ((column[part], rows[part]) for part in chunks(len(keys), size))
    )
    columns = Columns(directory)
    offsets = columns["x_offsets"]
    for key in range(7):
        expected = [row for row, value in enumerate(keys) if value == key]
        assert columns["x_rows"][offsets[key] : offsets[key + 1]].tolist() == expected
