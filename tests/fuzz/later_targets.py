"""Targets for what came after the corpora: indexes, exports, buckets, suites, arrays, records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import obstore

from alignment.arrays import map_array, save_array
from alignment.config import RetrievalSuite
from alignment.corpora.relevance.suite import judged_queries, open_suite
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
from alignment.pipeline.documents import read_documents
from alignment.pipeline.record_files import DIGESTS, read_record_file
from alignment.registry import find_damage, repair
from alignment.search import SearchIndex, build_index
from alignment.search.manifest import is_index
from alignment.training.resume import newest_checkpoint
from tests.buckets import bucket_registry, memory_objects
from tests.unit.search.examples import MODEL, knowledge, words

Read = Callable[[bytes, Path], None]
_MOVE = {
    "number": 1,
    "id": "a",
    "time": "2026-01-01T00:00:00+00:00",
    "action": "publish",
    "version": "v1",
    "previous": None,
}
ALIASES = json.dumps(
    {"champion": "v1", "challenger": None, "pinned": ["v1"], "removing": [], "move": _MOVE}
).encode()
INDEX = json.dumps(
    {
        "kind": "alignment search index",
        "format": 1,
        "model": {"name": "m", "reference": "m@v1", "digest": "0" * 64},
        "method": "exact",
        "documents": 1,
        "dim": 2,
        "source": "a.txt",
        "created": "2026-01-01",
        "files": {"documents.jsonl": {"bytes": 0, "sha256": "0" * 64}},
    }
).encode()
PROGRESS = json.dumps(
    {"key": "k", "rows": 1, "dim": 16, "text_bytes": 5, "sha256": {"documents.jsonl": "0"}}
).encode()
CHECKPOINT = json.dumps(
    {"files": {"trainer_state.json": "0" * 64}, "progress": {"bytes": 0, "sha256": "0" * 64}}
).encode()
RECORD = json.dumps({"summary.json": ["0" * 64]}).encode()
DOCUMENTS = b'{"id": "a", "text": "One text", "title": "T", "language": "en"}\n{"text": "Two"}\n'
QUERIES = b'{"_id": "q0", "text": "x"}\n{"_id": "q1", "text": "y"}\n'
RELEVANCE = b"query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td0\t2\n"


def _bucket(name: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        objects = memory_objects()
        obstore.put(objects._store, name, data)
        obstore.put(objects._store, "v2/upload.json", b"{}")
        registry = bucket_registry(objects, folder)
        calls: list[Callable[[], object]] = [
            registry.history,
            registry.aliases,
            registry.champion,
            registry.versions,
            registry.rollback,
            lambda: find_damage(registry),
            lambda: repair(registry),
        ]
        for call in calls:
            try:
                call()
            except AlignmentError as error:
                assert str(error).strip()

    return read


def _index(data: bytes, folder: Path) -> None:
    (folder / "documents.jsonl").write_bytes(b"")
    (folder / "manifest.json").write_bytes(data)
    is_index(folder)
    SearchIndex.open(folder)


def _draft(data: bytes, folder: Path) -> None:
    partial = folder / ".index.partial"
    partial.mkdir()
    (partial / "progress.json").write_bytes(data)
    (partial / "documents.jsonl").write_bytes(b'{"a"}')
    (partial / "vectors.f32").write_bytes(b"\0" * 64)
    built = build_index(folder / "index", knowledge(), MODEL, words)
    assert len(built.documents) == 6


def _checkpoint(data: bytes, folder: Path) -> None:
    checkpoint = folder / "checkpoints" / "checkpoint-4"
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_bytes(b"{}")
    (checkpoint / "digests.json").write_bytes(data)
    newest_checkpoint(folder / "checkpoints")


def _record(data: bytes, folder: Path) -> None:
    (folder / "summary.json").write_bytes(b"{}")
    (folder / DIGESTS).write_bytes(data)
    read_record_file(folder / "summary.json")


def _documents(data: bytes, folder: Path) -> None:
    path = folder / "a.jsonl"
    path.write_bytes(data)
    for document in read_documents(path).read():
        document.to_json().encode()


def _suite(file: str) -> Read:
    def read(data: bytes, folder: Path) -> None:
        root = folder / "es"
        (root / "qrels").mkdir(parents=True)
        (root / "corpus.jsonl").write_bytes(b'{"_id": "d0", "text": "a"}\n')
        (root / "queries.jsonl").write_bytes(QUERIES)
        (root / "qrels" / "test.tsv").write_bytes(RELEVANCE)
        (root / file).write_bytes(data)
        suite = RetrievalSuite(path=folder / "{lang}")
        reader = open_suite(suite, Downloads(folder / "downloads"))
        judged_queries(reader, "es", "es")
        list(reader.documents("es"))

    return read


def read_array(data: bytes, folder: Path) -> None:
    """Of vectors."""
    path = folder / "a.npy"
    path.write_bytes(data)
    array = map_array(path, "<f2", 2)
    array.sum()


def array_file(folder: Path) -> bytes:
    """A whole array."""
    save_array(folder / "a.npy", np.ones((2, 3), np.float16))
    return (folder / "a.npy").read_bytes()


LATER: list[tuple[str, bytes, Read]] = [
    ("aliases in a bucket", ALIASES, _bucket("aliases.json")),
    ("history in a bucket", json.dumps(_MOVE).encode(), _bucket("history/00000001.json")),
    ("checkpoint", CHECKPOINT, _checkpoint),
    ("documents", DOCUMENTS, _documents),
    ("index manifest", INDEX, _index),
    ("queries", QUERIES, _suite("queries.jsonl")),
    ("record digests", RECORD, _record),
    ("relevance judgments", RELEVANCE, _suite("qrels/test.tsv")),
    ("unfinished index", PROGRESS, _draft),
]
