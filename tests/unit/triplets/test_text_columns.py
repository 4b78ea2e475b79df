from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.errors import Corrupt
from alignment.triplets.text_columns import TextColumn, TextColumnWriter, Window

TEXTS = ["", "one", "zwölf", "三", "🐈 cat", "", "end"]


def write(path: Path, *parts: pa.Array) -> TextColumn:
    with TextColumnWriter(path) as writer:
        for part in parts:
            writer.add(part)
    return TextColumn(path)


def test_rows_come_back_in_any_order(tmp_path: Path) -> None:
    column = write(tmp_path / "column", pa.array(TEXTS[:3]), pa.array(["?", *TEXTS[3:]]).slice(1))
    assert len(column) == len(TEXTS)
    assert [column[row] for row in (6, 0, 3, 2)] == ["end", "", "三", "zwölf"]
    assert list(column) == TEXTS
    assert column[2:5] == TEXTS[2:5]
    assert column[5:2] == []
    with pytest.raises(IndexError):
        column[len(TEXTS)]
    with pytest.raises(ValueError, match="not consecutive"):
        column[::2]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=5)))
def test_any_texts(tmp_path_factory: pytest.TempPathFactory, parts: list[list[str]]) -> None:
    arrays = [pa.array(part, pa.string()) for part in parts]
    column = write(tmp_path_factory.mktemp("any") / "column", *arrays)
    assert list(column) == [text for part in parts for text in part]


def test_a_window_reads_other_rows_too(tmp_path: Path) -> None:
    window = Window(write(tmp_path / "column", pa.array(TEXTS)), range(2, 4))
    assert [window[row] for row in range(len(window))] == TEXTS
    assert window[1:6] == TEXTS[1:6]


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    column = write(tmp_path / "column", pa.array(TEXTS))
    with (tmp_path / "column.utf8").open("r+b") as file:
        file.truncate(4)
    with pytest.raises(Corrupt, match="cut short"):
        column[6]
