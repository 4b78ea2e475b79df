import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alignment import tables
from alignment.errors import Corrupt
from tests.support import ROOT

SCHEMA = pa.schema([("id", pa.int64()), ("text", pa.string())])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 4 rows, groups of 8."""
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 4)
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 8)


def numbered(total: int) -> Iterator[dict[str, object]]:
    for number in range(total):
        yield {"id": number, "text": f"row {number}"}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("total", [0, 3, 8, 21])
def test_rows_survive_a_round_trip(tmp_path: Path, total: int) -> None:
    path = tmp_path / "new" / "rows.parquet"
    assert tables.write(path, SCHEMA, numbered(total)) == total
    assert tables.count_rows(path) == total
    assert list(tables.read(path)) == list(numbered(total))


@pytest.mark.usefixtures("small")
def test_small_batches_become_full_groups(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    one_row_each = (pa.RecordBatch.from_pylist([row], SCHEMA) for row in numbered(20))
    tables.write_batches(path, SCHEMA, one_row_each)
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [8, 8, 4]


@pytest.fixture(scope="module")
def table_of_groups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 rows in groups of 8."""
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    with tables.new_writer(path, SCHEMA) as writer:
        writer.write_table(pa.Table.from_pylist(list(numbered(20)), SCHEMA), 8)
    return path


@pytest.mark.usefixtures("small")
def test_what_was_read_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rng = np.random.default_rng(1)
    with tables.new_writer(path, SCHEMA) as writer:
        for _ in range(16):
            texts = [rng.bytes(5000).hex() for _ in range(40)]
            writer.write_table(pa.table({"id": range(40), "text": texts}, SCHEMA))
    before = pa.total_allocated_bytes()
    allocated = [pa.total_allocated_bytes() - before for _ in tables.batches(path)]
    assert max(allocated) < path.stat().st_size / 2


@given(rows=st.sets(st.integers(0, 19)).map(sorted))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_some_rows(table_of_groups: Path, rows: list[int]) -> None:
    numbers = np.array(rows, np.int64)
    ids: list[int] = []
    for batch in tables.batches_of_rows(table_of_groups, numbers, ["id"]):
        assert batch.schema.names == ["id"]
        ids += batch.column("id").to_pylist()
    assert ids == rows


def test_row_groups_without_a_wanted_row_are_not_read(
    table_of_groups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups: list[int] = []
    read_row_group = pq.ParquetFile.read_row_group

    def recorded(
        self: pq.ParquetFile, number: int, *arguments: object, **options: object
    ) -> pa.Table:
        groups.append(number)
        return read_row_group(self, number, *arguments, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", recorded)
    list(tables.batches_of_rows(table_of_groups, np.array([0, 19]), ["id"]))
    assert groups == [0, 2]


@pytest.mark.usefixtures("small")
def test_row_groups_cover_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    tables.write(path, SCHEMA, numbered(20))
    ids: list[int] = []
    for group in tables.row_groups(path):
        for batch in group.batches("id"):
            assert batch.schema.names == ["id"]
            assert batch.num_rows <= 4
            ids += batch.column("id").to_pylist()
    assert ids == list(range(20))


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    tables.write(path, SCHEMA, numbered(2))
    assert tables.read_columns(path, "text", "id") == [["row 0", "row 1"], [0, 1]]


def test_content_digest_ignores_how_a_file_is_written(tmp_path: Path) -> None:
    rows = list(numbered(5))
    tables.write(tmp_path / "zstd.parquet", SCHEMA, rows)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "plain.parquet")
    tables.write(tmp_path / "other.parquet", SCHEMA, rows[:4])
    digest = tables.content_digest(tmp_path / "zstd.parquet")
    assert digest == tables.content_digest(tmp_path / "plain.parquet")
    assert digest != tables.content_digest(tmp_path / "other.parquet")


def test_a_flipped_byte_of_a_page_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    row = dict.fromkeys(tables.PAIRS.names, "")
    tables.write(path, tables.PAIRS, [{**row, "pair_id": "1", "source": "UNCOMPRESSIBLE7ykQz"}])
    content = bytearray(path.read_bytes())
    (place,) = [match.start() for match in re.finditer(b"UNCOMPRESSIBLE", content)]
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(Corrupt, match="the table cannot be read") as caught:
        list(tables.read(path))
    assert caught.value.where == str(path)
    with pytest.raises(Corrupt):
        tables.read_columns(path, "source")


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    path.write_bytes(b"PAR1" * 10)
    with pytest.raises(Corrupt, match="the table cannot be read"):
        list(tables.batches(path))


LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import pyarrow.dataset
from alignment import tables
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    tables.read_table(Path(sys.argv[1]), **eval(sys.argv[2]))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on address space")
@pytest.mark.parametrize("options", ["{}", "{'filters': [('a', '>', 3)]}"])
def test_too_little_memory_for_threads_is_an_error(tmp_path: Path, options: str) -> None:
    """Arrow could wait for ever for a thread that was never started."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(100))}), path)
    done = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY, str(path), options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.stdout.startswith("Corrupt"), done.stdout + done.stderr
    assert "Failed to launch worker thread" in done.stdout
