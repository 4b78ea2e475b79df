"""Retrieval suites in files: every layout that is read, and every damage by name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alignment.config import RetrievalSuite
from alignment.corpora.relevance.suite import (
    CheckedDocuments,
    JudgedQueries,
    judged_queries,
    offered,
    open_suite,
)
from alignment.downloads import Downloads
from alignment.errors import DataError, Malformed, SourceError

DOCUMENTS = [
    {"_id": "d1", "title": "Tea", "text": "How to make tea."},
    {"_id": "d2", "title": "", "text": "Milk is white."},
    {"_id": "d3", "text": "Sugar"},
]
QUERIES = [
    {"_id": "q1", "text": "making tea"},
    {"_id": "q2", "text": "color of milk"},
    {"_id": "train", "text": "another split"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n"


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_suite(root: Path, **changed: str | bytes) -> Path:
    files: dict[str, str | bytes] = {
        "corpus.jsonl": jsonl(DOCUMENTS),
        "queries.jsonl": jsonl(QUERIES),
        "qrels/test.tsv": QRELS,
    }
    names = {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "qrels": "qrels/test.tsv"}
    for key, content in changed.items():
        files[names[key]] = content
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(root: Path, tmp_path: Path, **settings: Any) -> tuple[JudgedQueries, CheckedDocuments]:
    values: Mapping[str, Any] = settings or {"path": root, "language": "en"}
    reader = open_suite(RetrievalSuite.model_validate(values), Downloads(tmp_path / "downloads"))
    ((code, spelling),) = offered(reader).items()
    judged = judged_queries(reader, code, spelling)
    return judged, CheckedDocuments(reader, spelling, judged)


def test_the_layout_of_beir(tmp_path: Path) -> None:
    judged, documents = read(write_suite(tmp_path / "suite"), tmp_path)
    assert judged.language == "en"
    assert judged.texts == {"q1": "making tea", "q2": "color of milk"}
    assert judged.relevance == {"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}}
    assert judged.unjudged == 1
    assert [document.text for document in documents] == [
        "Tea How to make tea.",
        "Milk is white.",
        "Sugar",
    ]
    assert documents.count == 3


def test_compressed_with_a_byte_order_mark_and_windows_lines(tmp_path: Path) -> None:
    root = write_suite(tmp_path / "suite")
    expected, documents = read(root, tmp_path)
    list(documents)
    other = tmp_path / "other"
    (other / "qrels").mkdir(parents=True)
    for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        content = b"\xef\xbb\xbf" + (root / name).read_bytes().replace(b"\n", b"\r\n")
        (other / f"{name}.gz").write_bytes(gzip.compress(content))
    judged, again = read(other, tmp_path)
    list(again)
    assert judged.texts == expected.texts
    assert judged.relevance == expected.relevance
    assert again.digest == documents.digest != ""


def test_files_of_other_names_per_language(tmp_path: Path) -> None:
    (tmp_path / "docs-0.jsonl").write_text(jsonl([{"docid": "7", "text": "Maziwa"}]))
    (tmp_path / "docs-1.jsonl").write_text(jsonl([{"docid": "8#1", "title": "Chai", "text": "x"}]))
    (tmp_path / "topics.sw.tsv").write_text("1\tmaziwa ni nini?\n2\tchai\n")
    (tmp_path / "qrels.sw.tsv").write_text("1 Q0 7 1\n2\tQ0\t8#1\t1\n")
    judged, documents = read(
        tmp_path,
        tmp_path,
        documents=tmp_path / "docs-*.jsonl",
        queries=tmp_path / "topics.{lang}.tsv",
        relevance=tmp_path / "qrels.{lang}.tsv",
    )
    assert judged.language == "sw"
    assert judged.texts == {"1": "maziwa ni nini?", "2": "chai"}
    assert judged.relevance == {"1": {"7": 1}, "2": {"8#1": 1}}
    assert [document.identity for document in documents] == ["7", "8#1"]


def test_the_digest_is_of_all_parts(tmp_path: Path) -> None:
    def digest(name: str, **changed: str) -> str:
        _, documents = read(write_suite(tmp_path / name, **changed), tmp_path)
        list(documents)
        return documents.digest

    plain = digest("plain")
    assert digest("same") == plain
    longer = jsonl([*DOCUMENTS, {"_id": "d4", "text": "more"}])
    other_query = jsonl([QUERIES[0], {"_id": "q2", "text": "milk"}])
    assert len({plain, digest("a", corpus=longer), digest("b", queries=other_query)}) == 3
    assert digest("c", qrels=QRELS.replace("q1\td1\t2", "q1\td1\t1")) != plain


@pytest.mark.parametrize(
    ("changed", "where", "message"),
    [
        ({"qrels": QRELS + "q2\td9\t1\n"}, "test.tsv:5", "no document with the id 'd9'"),
        ({"qrels": QRELS + "q9\td1\t1\n"}, "test.tsv:5", "no query with the id 'q9'"),
        ({"qrels": QRELS + "q2\td2\t1\n"}, "test.tsv:5", "judged twice"),
        ({"qrels": QRELS.replace("q2\td2\t1", "q2\td2\t0")}, "test.tsv:4", "no relevant document"),
        ({"qrels": QRELS + "q2\td1\n"}, "test.tsv:5", "expected query, document and score"),
        ({"qrels": QRELS + "q2\td1\tyes\n"}, "test.tsv:5", "whole number as the score, got 'yes'"),
        ({"qrels": QRELS + "q2\td1\tnan\n"}, "test.tsv:5", "whole number as the score"),
        ({"qrels": QRELS + "\td1\t1\n"}, "test.tsv:5", "expected an id"),
        ({"corpus": jsonl([*DOCUMENTS, DOCUMENTS[0]])}, "corpus.jsonl:4", "two documents"),
        ({"queries": jsonl([*QUERIES, QUERIES[0]])}, "queries.jsonl:4", "two queries"),
        ({"corpus": "{\n"}, "corpus.jsonl:1", "not JSON"),
        ({"corpus": "[1]\n"}, "corpus.jsonl:1", "expected an object, got list"),
        ({"corpus": '{"text": "a"}\n'}, "corpus.jsonl:1", "expected an id"),
        ({"corpus": '{"_id": "a"}\n'}, "corpus.jsonl:1", "expected a text"),
        ({"corpus": '{"_id": "a", "text": " "}\n'}, "corpus.jsonl:1", "a has no text"),
        ({"corpus": b'{"_id": "a", "text": "\xff"}\n'}, "corpus.jsonl:1", "not valid UTF-8"),
        ({"qrels": ""}, "test.tsv", "no relevance judgments"),
    ],
)
def test_damage(tmp_path: Path, changed: dict[str, Any], where: str, message: str) -> None:
    root = write_suite(tmp_path / "suite", **changed)
    with pytest.raises(DataError, match=message) as caught:
        list(read(root, tmp_path)[1])
    assert caught.value.where is not None
    assert caught.value.where.endswith(where)


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    root = write_suite(tmp_path / "suite")
    (root / "corpus.jsonl").rename(root / "corpus.jsonl.gz")
    with pytest.raises(Malformed, match="not what its name says") as caught:
        list(read(root, tmp_path)[1])
    assert "corpus.jsonl.gz" in str(caught.value.where)


def test_a_missing_file(tmp_path: Path) -> None:
    root = write_suite(tmp_path / "suite")
    (root / "qrels" / "test.tsv").unlink()
    with pytest.raises(SourceError, match=r"no qrels/test\.tsv") as caught:
        read(root, tmp_path)
    assert caught.value.where == str(root)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"language": "en"}, "set a path"),
        ({"path": "a"}, "put {lang} into the path"),
        ({"path": "a/{lang}", "language": "en"}, "one of the two"),
        ({"path": "a", "dataset": "b", "language": "en"}, "a dataset of the Hub or files"),
        ({"queries": "a", "language": "en"}, "set a path"),
        ({"path": "a", "language": "xx-notacode-zz"}, "language"),
    ],
)
def test_settings_that_contradict_each_other(values: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RetrievalSuite.model_validate(values)
