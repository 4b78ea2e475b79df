"""Corpora, suites and arrays in files that tools, transfers and attackers have made."""

from __future__ import annotations

import functools
import gzip
import json
import os
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from alignment.arrays import map_array, save_array
from alignment.config import LocalCorpus, RetrievalSuite
from alignment.corpora import open_source
from alignment.corpora.relevance.suite import judged_queries, open_suite
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
from alignment.pipeline.documents import DocumentColumns, read_documents
from alignment.types import SentencePair
from alignment.vectors import VectorShards
from tests.robust.case import Case, done_or_refused
from tests.robust.format_files import all_files

SECTION = "formats"
SECONDS = 20.0
MEMORY = 2**30


def cases(base: Path) -> list[Case]:
    """One for each file, by its kind."""
    made = []
    for name, content in all_files().items():
        kind, _, what = name.partition(": ")
        ending = kind.split(" ")[0]
        do = functools.partial(_corpus, ending, content)
        made.append(Case(SECTION, f"{kind}: {what}", do))
    for name, spoil in _ARRAYS.items():
        made.append(Case(SECTION, f"array: {name}", functools.partial(_array, spoil)))
    for file in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
        for name, content in _SUITES.items():
            do = functools.partial(_suite, file, content)
            made.append(Case(SECTION, f"retrieval suite, {file}: {name}", do))
    for name, named in _DOCUMENTS.items():
        made.append(Case(SECTION, f"documents: {name}", functools.partial(_documents, named)))
    return made


def _corpus(ending: str, content: bytes, folder: Path) -> None:
    """It is read or refused, with its name, in bounded time and memory."""
    path = folder / f"a.{ending}"
    path.write_bytes(content)
    tabular = ending.partition(".")[0] in ("tsv", "csv", "jsonl", "parquet")
    columns = {"source": "en", "target": "es"} if tabular else {}
    settings = {"kind": "local", "path": path, "columns": columns}
    corpus = LocalCorpus.model_validate(settings)
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        source = open_source(corpus, Downloads(folder), "en")
        source.languages()
        _check(list(source.pairs("es")))
    except AlignmentError as error:
        assert "a." in str(error), error
    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime - before.ru_utime < SECONDS, f"{after.ru_utime - before.ru_utime} s"
    grown = (after.ru_maxrss - before.ru_maxrss) * 1024
    assert grown < MEMORY, f"{grown / 2**20:.0f} MiB"


def _check(pairs: list[SentencePair]) -> None:
    for pair in pairs:
        "".join(pair).encode()
        assert "\0" not in pair.source + pair.target


def _array(spoil: Callable[[Path], object], folder: Path) -> None:
    """An array of vectors that is not whole is refused with its name."""
    directory = folder / "source"
    directory.mkdir()
    path = directory / "00000.npy"
    save_array(path, np.ones((10, 4), np.float16))
    spoil(path)
    for read in (lambda: map_array(path, "<f2", 2), lambda: _taken(directory)):
        result = done_or_refused(read)
        if isinstance(result, AlignmentError):
            assert "00000.npy" in str(result), result


def _taken(directory: Path) -> Any:
    shards = VectorShards(directory)
    return shards.take(np.arange(min(len(shards), 3)))


def _header(text: str) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        content = text.encode().ljust(117) + b"\n"
        path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(content)) + content)

    return write


def _as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _as_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


_ARRAYS: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: os.truncate(path, path.stat().st_size - 1),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "another type": lambda path: save_array(path, np.ones((10, 4), np.float64)),
    "another shape": lambda path: save_array(path, np.ones(40, np.float16)),
    "no rows": lambda path: save_array(path, np.ones((0, 4), np.float16)),
    "objects": lambda path: np.save(path, np.array([{}], dtype=object), allow_pickle=True),
    "a page": lambda path: path.write_bytes(b"<html>"),
    "a wrong version": lambda path: path.write_bytes(b"\x93NUMPY\x09\x00" + path.read_bytes()[8:]),
    "a header of code": _header("__import__('os').system('id')"),
    "a huge shape": _header("{'descr': '<f2', 'fortran_order': False, 'shape': (10**12, 4)}"),
    "a literal huge shape": _header(
        "{'descr': '<f2', 'fortran_order': False, 'shape': (999999999999, 999999999)}"
    ),
    "a negative shape": _header("{'descr': '<f2', 'fortran_order': False, 'shape': (-1, 4)}"),
    "a missing key": _header("{'descr': '<f2'}"),
    "an unknown type": _header("{'descr': 'zz', 'fortran_order': False, 'shape': (1, 4)}"),
    "a deep header": _header("(" * 110),
    "a directory": _as_directory,
    "a link to itself": _as_loop,
    "missing": lambda path: path.unlink(),
}
_SUITES = {
    "empty": b"",
    "a page": b"<!DOCTYPE html><html></html>",
    "not UTF-8": b'{"_id": "d0", "text": "\xff"}\n',
    "zeros": b"\0" * 100,
    "deep": b'{"_id": ' + b"[" * 100_000,
    "torn": b'{"_id": "d0", "te',
    "other keys": b'{"id": 1}\n',
    "numbers": b'{"_id": 5, "text": 6}\n',
    "an id twice": b'{"_id": "d0", "text": "a"}\n{"_id": "d0", "text": "b"}\n',
    "a list": b"[1, 2]\n",
    "odd columns": b"query-id\tcorpus-id\tscore\nq0\td0\n",
    "odd scores": b"query-id\tcorpus-id\tscore\nq0\td0\tmany\n",
    "huge scores": b"query-id\tcorpus-id\tscore\nq0\td0\t" + b"9" * 400 + b"\n",
    "unknown documents": b"query-id\tcorpus-id\tscore\nq0\td99\t1\n",
    "NaN": b"query-id\tcorpus-id\tscore\nq0\td0\tnan\n",
}


def _suite(file: str, content: bytes, folder: Path) -> None:
    """A retrieval suite is read or refused, with the file."""
    root = folder / "es"
    (root / "qrels").mkdir(parents=True)
    (root / "corpus.jsonl").write_text('{"_id": "d0", "text": "a"}\n{"_id": "d1", "text": "b"}\n')
    (root / "queries.jsonl").write_text('{"_id": "q0", "text": "x"}\n')
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\n")
    (root / file).write_bytes(content)
    suite = RetrievalSuite(path=folder / "{lang}")

    def read() -> None:
        reader = open_suite(suite, Downloads(folder / "downloads"))
        judged_queries(reader, "es", "es")
        list(reader.documents("es"))

    result = done_or_refused(read)
    if isinstance(result, AlignmentError):
        assert str(folder) in str(result), result


_DOCUMENTS: dict[str, tuple[str, bytes]] = {
    "empty": ("a.jsonl", b""),
    "numbers": ("a.jsonl", b'{"text": 5}\n'),
    "empty texts": ("a.jsonl", b'{"text": ""}\n'),
    "torn": ("a.jsonl", b'{"text": "a"}\n{"te'),
    "half of a surrogate pair": ("a.jsonl", b'{"text": "\\ud800"}\n'),
    "nested": ("a.jsonl", b'{"text": {"a": 1}}\n'),
    "deep": ("a.jsonl", b"[" * 100_000),
    "an id twice": ("a.jsonl", b'{"id": 1, "text": "a"}\n{"id": 1, "text": "b"}\n'),
    "not UTF-8": ("a.txt", b"\xff\xfe\xfd\n"),
    "a NUL": ("a.txt", b"a\0b\n"),
    "a bomb": ("a.txt.gz", gzip.compress(b"a" * 200_000_000)),
    "cut": ("a.txt.gz", gzip.compress(b"a b c\n" * 1000)[:-9]),
    "a page": ("a.parquet", b"<html>"),
    "other columns": ("a.tsv", b"x\ty\n1\t2\n"),
    "an image": ("a.png", b"\x89PNG\r\n\x1a\n"),
    "line separators": ("a.jsonl", json.dumps({"text": "a\u2028b\x85c"}).encode() + b"\n"),
}


def _documents(named: tuple[str, bytes], folder: Path) -> None:
    name, content = named
    path = folder / name
    path.write_bytes(content)

    def read() -> None:
        documents = read_documents(path, DocumentColumns(None, None, None, None))
        for document in documents.read():
            document.to_json().encode()

    result = done_or_refused(read)
    if isinstance(result, AlignmentError):
        assert name in str(result), result
