"""Servers that answer with something else than the file, or with the file in a strange way."""

from __future__ import annotations

import bz2
import functools
import gzip
import json
import lzma
from pathlib import Path

import pyarrow as pa

from alignment.config import LocalCorpus
from alignment.corpora import open_source
from alignment.downloads import Allowance, Downloads, Lockfile
from alignment.downloads.retry import RetryPolicy
from alignment.errors import AlignmentError
from tests.fuzz import seeds
from tests.robust.answers import ETAG, GOOD, LIMIT, POINTER, Answers, all_answers
from tests.robust.case import Case
from tests.robust.raw_server import RawServer, answer

SECTION = "fetching"
POLICY = RetryPolicy(
    attempts=3,
    backoff=0.001,
    max_wait=0.1,
    connect_timeout=2.0,
    read_timeout=0.5,
    min_speed=1e5,
    speed_window=0.3,
)


def cases(base: Path) -> list[Case]:
    """Answers of every kind, and pages in place of every kind of file."""
    made = [Case(SECTION, kind.name, functools.partial(check, kind)) for kind in all_answers()]
    for ending, content in FILES.items():
        for name, body in _instead(content).items():
            do = functools.partial(_instead_of, ending, content, body)
            made.append(Case(SECTION, f"{name} in place of .{ending}", do))
    return made


def check(kind: Answers, folder: Path) -> None:
    """The file is right, or nothing is locked and kept, and a good server gives it afterwards."""
    lock = Lockfile(folder / "alignment.lock")
    with RawServer(list(kind.answers)).serving() as server:
        url = f"{server.url}/a.tsv"
        try:
            path = _downloads(folder, lock).fetch(url)
        except AlignmentError as error:
            message = str(error)
            assert kind.right, message
            assert kind.right in message, message
            assert url in message or server.url in message, message
            assert error.hint or "redirect" in message, "no way out"
            assert lock.entries() == []
            assert not list((folder / "downloads" / "objects").iterdir())
        else:
            assert not kind.right, f"it was accepted: {path.read_bytes()[:60]!r}"
            assert path.read_bytes() == GOOD
        server.answers = [answer(GOOD, ETAG)]
        again = Lockfile(folder / "alignment.lock")
        assert _downloads(folder, again).fetch(url).read_bytes() == GOOD
        assert not list((folder / "downloads" / "partial").iterdir())


def _downloads(folder: Path, lock: Lockfile) -> Downloads:
    allowance = Allowance(LIMIT, LIMIT)
    return Downloads(folder / "downloads", lock, retry=POLICY, allowance=allowance)


FILES: dict[str, bytes] = {
    "tsv": seeds.TSV,
    "csv": seeds.CSV.replace(b";", b","),
    "jsonl": seeds.JSONL,
    "tmx": seeds.TMX,
    "xlf": seeds.XLIFF,
    "po": seeds.PO,
    "parquet": seeds.parquet(),
    "tsv.gz": gzip.compress(seeds.TSV),
    "tsv.bz2": bz2.compress(seeds.TSV),
    "tsv.xz": lzma.compress(seeds.TSV),
    "tsv.zst": pa.compress(seeds.TSV, "zstd", asbytes=True),
    "tsv.zip": seeds.zipped("a.tsv", seeds.TSV),
    "xlz": seeds.zipped("a.xlf", seeds.XLIFF),
}


def _instead(content: bytes) -> dict[str, bytes]:
    page = b"<html><head><title>Error</title></head></html>"
    return {
        "a page": page,
        "a page with a head": b"\n\n<?xml version='1.0'?>\n" + page,
        "a JSON error": json.dumps({"message": "API rate limit exceeded"}).encode(),
        "an XML error": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
        "a sentence": b"404 page not found\n",
        "a pointer of Git LFS": POINTER,
        "nothing": b"",
        "zeros": bytes(300),
        "half": content[: len(content) // 2],
        "another kind": gzip.compress(b"x") if content[:2] != b"\x1f\x8b" else b"PK\x03\x04",
    }


def _instead_of(ending: str, content: bytes, body: bytes, folder: Path) -> None:
    """It is refused when it is fetched or read, with its address; nothing is hidden."""
    columns = {"source": "en", "target": "es"} if "tsv" in ending or ending in _TABLES else {}
    with RawServer([answer(body, ETAG)]).serving() as server:
        url = f"{server.url}/a.{ending}"
        corpus = LocalCorpus.model_validate({"kind": "local", "url": url, "columns": columns})
        lock = Lockfile(folder / "alignment.lock")
        try:
            pairs = _pairs(corpus, _downloads(folder, lock))
        except AlignmentError as error:
            assert server.url in str(error), error
        else:
            whole = _pairs_of(content, ending, columns, folder)
            assert len(pairs) < len(whole) and body in (content[: len(content) // 2],), pairs
        server.answers = [answer(content, 'ETag: "two"')]
        update = Lockfile(folder / "alignment.lock", update=True)
        assert _pairs(corpus, _downloads(folder, update))


_TABLES = ("csv", "jsonl", "parquet")


def _pairs(corpus: LocalCorpus, downloads: Downloads) -> list[object]:
    source = open_source(corpus, downloads, "en")
    source.languages()
    return list(source.pairs("es"))


def _pairs_of(content: bytes, ending: str, columns: dict[str, str], folder: Path) -> list[object]:
    path = folder / f"whole.{ending}"
    path.write_bytes(content)
    corpus = LocalCorpus.model_validate({"kind": "local", "path": path, "columns": columns})
    return _pairs(corpus, Downloads(folder / "other"))
