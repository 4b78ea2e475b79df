"""Documents from files of every format, and what is refused by file and line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.errors import ConfigError, EmptyCorpus, Malformed, Missing
from alignment.pipeline.documents import USUAL, DocumentColumns, read_documents
from alignment.search import Document

ROWS = [
    {"id": "a", "title": "One", "text": "first text", "language": "cy"},
    {"id": "b", "title": "", "text": "second text", "language": ""},
]
EXPECTED = [Document("a", "first text", "One", "cy"), Document("b", "second text")]


def jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def documents(path: Path, columns: DocumentColumns = USUAL) -> list[Document]:
    return list(read_documents(path, columns).read())


def test_jsonl(tmp_path: Path) -> None:
    assert documents(jsonl(tmp_path / "a.jsonl", *ROWS)) == EXPECTED


def test_fields_of_beir(tmp_path: Path) -> None:
    rows = [{"_id": 7, "text": "first", "metadata": {}}, {"_id": "8", "text": "x", "lang": "iw"}]
    path = jsonl(tmp_path / "corpus.jsonl", *rows)
    columns = DocumentColumns(language="lang")
    with pytest.raises(ConfigError, match="no column 'lang'"):  # not in the first object
        documents(path, columns)
    assert documents(path) == [Document("7", "first"), Document("8", "x")]


def test_tables(tmp_path: Path) -> None:
    for name, separator in (("a.tsv", "\t"), ("a.csv", ",")):
        lines = [separator.join(ROWS[0]), *(separator.join(row.values()) for row in ROWS)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        assert documents(tmp_path / name) == EXPECTED
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert documents(tmp_path / "a.parquet") == EXPECTED


def test_plain_text_has_a_document_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("\ufeffBore da\r\n\n  \nNos da".encode()))
    assert documents(path) == [Document("1", "Bore da"), Document("4", "Nos da")]


def test_columns_by_name(tmp_path: Path) -> None:
    row = {"answer": {"body": "first text"}, "key": 5, "id": "other"}
    path = jsonl(tmp_path / "a.jsonl", row)
    columns = DocumentColumns(text="answer.body", id="key")
    assert documents(path, columns) == [Document("5", "first text")]


def test_the_digest_is_that_of_content_and_columns(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", *ROWS)
    digest = read_documents(path).digest
    assert read_documents(path).digest == digest
    assert read_documents(path, DocumentColumns(text="id")).digest != digest
    jsonl(path, *reversed(ROWS))
    assert read_documents(path).digest != digest


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "c", "text": ', "not valid JSON"),
        ('["c"]', "expected an object, got list"),
        ('{"id": "c"}', "the object has no 'text'"),
        ('{"id": "c", "text": 3}', "text: expected text, got int"),
        ('{"id": "c", "text": null}', "text: expected text, got NoneType"),
        ('{"id": "c", "text": " "}', "the text is empty"),
        ('{"id": "c", "text": "\\ud83d"}', "half of a surrogate pair"),
        ('{"text": "c"}', "there is no 'id'"),
        ('{"id": "", "text": "c"}', "there is no 'id'"),
        ('{"id": 1.5, "text": "c"}', "id: expected text or a whole number, got float"),
        ('{"id": true, "text": "c"}', "id: expected text or a whole number, got bool"),
        ('{"id": "c", "text": "c", "language": "Elvish!"}', "language: 'Elvish!'"),
        ('{"id": "c", "text": "c", "title": []}', "title: expected text, got list"),
        ('{"id": "a", "text": "c"}', "the id 'a' is that of line 1 already"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = jsonl(tmp_path / "a.jsonl", *ROWS)
    path.write_text(path.read_text() + "\n" + line + "\n")
    with pytest.raises(Malformed, match=message) as caught:
        read_documents(path)
    assert caught.value.where == f"{path}:4"


@pytest.mark.parametrize(
    ("name", "content", "columns", "message"),
    [
        ("a.pdf", "x", {}, "got a .pdf file, expected one of .tsv, .csv, .jsonl, .parquet, .txt"),
        ("a", "x", {}, "got a .a file"),
        ("a.txt", "x", {"text": "body"}, "plain text has no columns"),
        ("a.tsv", "id\tbody\n1\tx\n", {}, "no column 'text'; the file has 'id', 'body'"),
        ("a.tsv", "id\ttext\n1\tx\n", {"title": "head"}, "no column 'head'"),
    ],
)
def test_files_that_are_not_documents(
    tmp_path: Path, name: str, content: str, columns: dict[str, str], message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_documents(tmp_path / name, DocumentColumns(**columns))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="there is no such file"):
        read_documents(tmp_path / "a.jsonl")


@pytest.mark.parametrize("name", ["a.jsonl", "a.tsv", "a.txt"])
def test_an_empty_file_has_no_documents(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(EmptyCorpus, match="there are no documents"):
        read_documents(tmp_path / name)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    texts = [f"x{text}" for text in texts]
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    jsonl(path, *({"text": text} for text in texts))
    assert [document.text for document in documents(path)] == texts
