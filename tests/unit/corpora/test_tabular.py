"""Tables with named columns, in every format."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alignment.corpora.streams import MAX_LINE_BYTES
from alignment.corpora.tabular import check_columns, header, rows
from alignment.errors import ConfigError, Malformed

ROWS = [{"id": "1", "en": "one", "fi": "yksi"}, {"id": "2", "en": "two", "fi": "kaksi"}]


def write_table(path: Path) -> Path:
    text = "id\ten\tfi\n1\tone\tyksi\n2\ttwo\tkaksi\n"
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif path.suffix == ".csv":
        path.write_text(text.replace("\t", ","))
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "first_number"),
    [("a.tsv", 2), ("a.tsv.gz", 2), ("a.csv", 2), ("a.jsonl", 1), ("a.parquet", 1)],
)
def test_every_format(tmp_path: Path, name: str, first_number: int) -> None:
    path = write_table(tmp_path / name)
    assert header(path) == ["id", "en", "fi"]
    numbered = list(rows(path, ["fi", "en"]))
    assert [number for number, _ in numbered] == [first_number, first_number + 1]
    assert [(row["en"], row["fi"]) for _, row in numbered] == [("one", "yksi"), ("two", "kaksi")]


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
def test_an_empty_file_has_no_header(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    assert header(tmp_path / name) == []
    with pytest.raises(ConfigError, match="no column 'en'; the file has none"):
        list(rows(tmp_path / name, ["en"]))


def test_a_missing_column_lists_the_others(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.tsv")
    with pytest.raises(ConfigError, match="no column 'cy'; the file has 'id', 'en', 'fi'"):
        check_columns(path, ["en", "cy"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "en\tfi\none\tyksi\ntwo\tkaksi\tkolme\n", r"a\.tsv:3: got 3 columns, expected 2"),
        ("a.csv", "en,fi\none\n", r"a\.csv:2: got 1 columns, expected 2"),
        ("a.csv", 'en,fi\n"one', r"a\.csv:2: not valid CSV"),
        ("a.jsonl", '{"en": "one", "fi": "yksi"}\n{"en": 2\n', r"a\.jsonl:2: not valid JSON"),
        ("a.jsonl", '{"en": "one", "fi": "yksi"}\n{"en": "two"}\n', r"a\.jsonl:2: .* no 'fi'"),
        ("a.jsonl", '["en", "fi"]\n', r"a\.jsonl:1: expected an object, got list"),
        ("a.parquet", "PAR1", "not a readable Parquet file"),
    ],
)
def test_malformed(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Malformed, match=message):
        list(rows(tmp_path / name, ["en", "fi"]))


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_invalid_utf8_names_the_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"en\none\ntw\xff\n")
    with pytest.raises(Malformed, match=r"a\.[tc]sv:\d: not valid UTF-8"):
        list(rows(tmp_path / name, ["en"]))


def test_csv_with_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('en,fi\n"one, ""two""","yksi,\nkaksi"\nthree,kolme\n')
    texts = [(number, row["en"], row["fi"]) for number, row in rows(path, ["en", "fi"])]
    assert texts == [(2, 'one, "two"', "yksi,\nkaksi"), (3, "three", "kolme")]


@pytest.fixture
def csv_limit() -> object:
    limit = csv.field_size_limit()
    yield limit
    csv.field_size_limit(limit)


@pytest.mark.usefixtures("csv_limit")
def test_the_csv_limit_is_only_raised(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.csv")
    for limit, expected in [(1000, MAX_LINE_BYTES), (MAX_LINE_BYTES * 2, MAX_LINE_BYTES * 2)]:
        csv.field_size_limit(limit)
        assert len(list(rows(path, ["en"]))) == 2
        assert csv.field_size_limit() == expected


@pytest.mark.usefixtures("csv_limit")
def test_long_csv_cells(tmp_path: Path) -> None:
    csv.field_size_limit(1000)
    (tmp_path / "a.csv").write_text("en\n" + "x" * 200_000 + "\n")
    ((_, row),) = rows(tmp_path / "a.csv", ["en"])
    assert len(row["en"]) == 200_000


def test_half_of_a_surrogate_pair_in_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"en": "One \\ud83d.", "fi": "\\ud83d\\ude00", "n": "\\ud83d"}\n')
    assert list(rows(path, ["fi"])) == [(1, {"fi": "😀"})]
    with pytest.raises(Malformed, match=r"a\.jsonl:1: en: half of a surrogate pair") as caught:
        list(rows(path, ["en", "fi"]))
    assert "remove the escape" in str(caught.value.hint)
