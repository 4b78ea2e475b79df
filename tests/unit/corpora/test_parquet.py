import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.corpora import parquet
from alignment.corpora.parquet import parquet_header, parquet_records
from alignment.errors import Malformed, UnsafeArchive


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pq.write_table(pa.table(columns), path, compression="zstd", **options)
    return path


def refused(path: Path, wanted: list[str]) -> str:
    started = time.process_time()
    with pytest.raises((Malformed, UnsafeArchive)) as caught:
        list(parquet_records(path, wanted))
    assert time.process_time() - started < 5
    return str(caught.value)


def test_rows_of_several_groups(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1000)]
    nested = pa.array([{"de": text, "fr": None} for text in texts])
    path = write(tmp_path / "a.parquet", {"en": texts, "t": nested}, row_group_size=300)
    assert parquet_header(path) == ["en", "t", "t.de", "t.fr"]
    rows = list(parquet_records(path, ["en", "t.de"]))
    assert rows == [{"en": text, "t": {"de": text}} for text in texts]


@pytest.mark.parametrize("nested", [False, True])
def test_a_long_value_is_refused_before_it_is_repeated(tmp_path: Path, nested: bool) -> None:
    column = pa.array(["x" * (parquet.MAX_CELL_BYTES + 1)]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), column.dictionary)
    columns = {"t": pa.StructArray.from_arrays([column], ["de"])} if nested else {"t": column}
    path = write(tmp_path / "a.parquet", columns)
    assert path.stat().st_size < 10_000
    message = refused(path, ["t.de" if nested else "t"])
    assert "a.parquet: the cell is longer than 1,048,576 bytes: 1,048,577" in message


def test_a_long_cell_is_named_by_its_row(tmp_path: Path) -> None:
    texts = ["short"] * 100 + ["x" * (parquet.MAX_CELL_BYTES + 1), "short"]
    path = write(tmp_path / "a.parquet", {"t": texts}, use_dictionary=False)
    assert "a.parquet:101: the cell is longer than" in refused(path, ["t"])


def test_values_that_share_their_starts(tmp_path: Path) -> None:
    texts = ["x" * 2**20 for _ in range(100)]
    path = write(
        tmp_path / "a.parquet",
        {"t": texts},
        use_dictionary=False,
        column_encoding={"t": "DELTA_BYTE_ARRAY"},
    )
    assert "expands past 200 times its size" in refused(path, ["t"])


def test_pages_that_expand_too_far(tmp_path: Path) -> None:
    texts = ["x" * 2**20 for _ in range(70)]
    path = write(tmp_path / "a.parquet", {"t": texts}, use_dictionary=False)
    assert "expands past 200 times its size" in refused(path, ["t"])


def test_more_rows_than_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"t": pa.nulls(3_000_000, pa.string())})
    assert "3,000,000 rows in " in refused(path, ["t"])


def test_lists_are_no_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"t": [["a", "b"]]})
    assert "a.parquet:1: t.list.element: expected text, got list" in refused(path, ["t"])


@pytest.mark.parametrize("cut", [4, 100, 300])
def test_a_damaged_file(tmp_path: Path, cut: int) -> None:
    path = write(tmp_path / "a.parquet", {"t": ["a", "b"]})
    path.write_bytes(path.read_bytes()[:cut])
    assert "not a readable Parquet file" in refused(path, ["t"])


def test_damaged_metadata_that_pyarrow_does_not_expect(tmp_path: Path) -> None:
    """A column whose statistics do not fit its type: looking at them would abort the process."""
    path = write(tmp_path / "a.parquet", {"t": ["a", "b"]})
    optional = b"\x25\x02\x18\x01t"
    required = b"\x25\x00\x18\x01t"
    data = path.read_bytes()
    assert data.count(optional) == 1
    path.write_bytes(data.replace(optional, required))
    assert "a.parquet:1: not a readable Parquet file (Definition level" in refused(path, ["t"])
