"""Building an index: complete or absent, and continued where a killed build stopped.

Documents and vectors are appended block by block in a hidden directory next to the index. Its
`progress.json` names how much of both is whole, with its sha256. The finished directory is renamed
into place.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib.util
import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from alignment.arrays import save_array, write_array
from alignment.errors import AlignmentError, ConfigError, Corrupt, EmptyCorpus
from alignment.files import remove, replace_durably, sync_tree, write_json
from alignment.search.documents import Document, line_offsets
from alignment.search.index import FLOAT_BYTES, SearchIndex
from alignment.search.manifest import (
    DOCUMENTS,
    FORMAT,
    GRAPH,
    OFFSETS,
    VECTORS,
    IndexManifest,
    IndexModel,
    Method,
    describe_files,
    is_index,
)
from alignment.search.methods import HNSW_FROM, build_hnsw
from alignment.text import parse_json

BLOCK = 1024
"""Documents that are encoded and written at once: what a killed build loses at most."""
PROGRESS = "progress.json"

_GROWING = (DOCUMENTS, VECTORS)
_PIECE_BYTES = 2**20

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to unit vectors (n, dim)."""


class Documents(NamedTuple):
    """A knowledge base that can be read from its start, more than once."""

    name: str
    """For people, such as the path of a file."""
    digest: str
    """Identifies the content and how it is read."""
    read: Callable[[], Iterator[Document]]


def build_index(
    out: Path,
    documents: Documents,
    model: IndexModel,
    encode: Encode,
    *,
    method: Literal["auto", "exact", "hnsw"] = "auto",
    replace: bool = False,
    on_block: Callable[[int], None] = lambda _: None,
) -> SearchIndex:
    """Encode documents and write their index. A build that was killed is continued.

    Args:
        out: The directory of the index.
        documents: What to index.
        model: Recorded in the index, and asked for with every query.
        encode: The model's vectors of documents.
        method: `exact` compares with every document; `hnsw` needs faiss; `auto` takes HNSW from
            `HNSW_FROM` documents if faiss is installed.
        replace: Replace an index that is there. It can be queried until the new one is complete.
        on_block: Called with the number of documents that are encoded so far.

    Raises:
        ConfigError: if `out` exists and may not be replaced, or faiss is needed and missing.
        EmptyCorpus: if there are no documents.
        AlignmentError: if another process is building this index.
    """
    with _only_builder(out):
        _recover(out)
        _check_target(out, replace=replace)
        draft = _Draft.open(out, documents, model)
        draft.encode(documents, encode, on_block)
        draft.finish(documents.name, model, _chosen(method, draft.rows))
        _put_in_place(draft.directory, out)
    return SearchIndex.open(out)


@dataclass
class _Draft:
    """An index that is not complete yet."""

    directory: Path
    key: str
    rows: int = 0
    dim: int = 0
    text_bytes: int = 0
    sha256: Mapping[str, str] = field(default_factory=dict)
    """By file name, of the part that is whole."""
    _hashes: dict[str, Any] = field(default_factory=dict)
    """The running hashes of what was written."""

    @classmethod
    def open(cls, out: Path, documents: Documents, model: IndexModel) -> _Draft:
        """The draft of an earlier build of the same documents with the same model, or a new one."""
        identity = json.dumps([FORMAT, documents.digest, model.digest])
        key = hashlib.sha256(identity.encode()).hexdigest()
        directory = out.with_name(f".{out.name}.partial")
        try:
            progress = parse_json((directory / PROGRESS).read_bytes())
            draft = cls(directory, **progress)
            if draft.key == key and draft._is_whole():
                return draft
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            pass  # damaged: from the start
        remove(directory)
        directory.mkdir(parents=True)
        return cls(directory, key, _hashes={name: hashlib.sha256() for name in _GROWING})

    def _is_whole(self) -> bool:
        """Whether both files begin with what was written; reads it."""
        sizes = {DOCUMENTS: self.text_bytes, VECTORS: self.rows * self.dim * FLOAT_BYTES}
        for name, size in sizes.items():
            digest = _digest_of_start(self.directory / name, size)
            if digest is None or digest.hexdigest() != self.sha256.get(name):
                return False
            self._hashes[name] = digest
        return True

    def encode(self, documents: Documents, encode: Encode, on_block: Callable[[int], None]) -> None:
        """Append what is missing.

        Raises:
            EmptyCorpus: if there are no documents.
        """
        missing = itertools.islice(documents.read(), self.rows, None)
        with self._appending(DOCUMENTS) as texts, self._appending(VECTORS) as vectors:
            texts.truncate(self.text_bytes)
            vectors.truncate(self.rows * self.dim * FLOAT_BYTES)
            while block := list(itertools.islice(missing, BLOCK)):
                self._append(block, encode, texts, vectors)
                on_block(self.rows)
        if not self.rows:
            raise EmptyCorpus(
                "there are no documents",
                where=documents.name,
                hint="Pass a file with at least one document.",
            )

    def _appending(self, name: str) -> BinaryIO:
        return (self.directory / name).open("ab")

    def _append(
        self, block: list[Document], encode: Encode, texts: BinaryIO, vectors: BinaryIO
    ) -> None:
        encoded = encode([document.content for document in block])
        _check_vectors(encoded, len(block), self.dim)
        lines = "".join(f"{document.to_json()}\n" for document in block).encode()
        texts.write(lines)
        write_array(vectors, encoded)
        self._hashes[DOCUMENTS].update(lines)
        self._hashes[VECTORS].update(np.ascontiguousarray(encoded).data.cast("B"))
        for file in (texts, vectors):
            file.flush()
            os.fsync(file.fileno())
        self.rows += len(block)
        self.dim = encoded.shape[1]
        self.text_bytes += len(lines)
        progress: dict[str, Any] = {"key": self.key, "rows": self.rows, "dim": self.dim}
        self.sha256 = {name: digest.hexdigest() for name, digest in self._hashes.items()}
        progress |= {"text_bytes": self.text_bytes, "sha256": self.sha256}
        write_json(self.directory / PROGRESS, progress)

    def finish(self, source: str, model: IndexModel, method: Method) -> None:
        """Write what makes searching fast, and the manifest."""
        directory = self.directory
        save_array(directory / OFFSETS, line_offsets(directory / DOCUMENTS))
        searched = VECTORS
        if method == "hnsw":
            searched = GRAPH
            shape = (self.rows, self.dim)
            vectors = np.memmap(directory / VECTORS, np.float32, "r", shape=shape)
            build_hnsw(vectors, directory / GRAPH)
        manifest = IndexManifest(
            model=model,
            method=method,
            documents=self.rows,
            dim=self.dim,
            source=source,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            files=describe_files(directory, [DOCUMENTS, OFFSETS, searched]),
        )
        manifest.write(directory)
        sync_tree(directory)


def _digest_of_start(path: Path, size: int) -> Any:
    """The running sha256 of the first bytes of a file; None if it is shorter."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0:
            piece = file.read(min(size, _PIECE_BYTES))
            if not piece:
                return None
            digest.update(piece)
            size -= len(piece)
    return digest


def _chosen(method: Literal["auto", "exact", "hnsw"], documents: int) -> Method:
    if method != "auto":
        return method
    has_faiss = importlib.util.find_spec("faiss") is not None
    return "hnsw" if documents >= HNSW_FROM and has_faiss else "exact"


def _check_vectors(vectors: NDArray[np.float32], texts: int, dim: int) -> None:
    expected = (texts, dim or vectors.shape[-1])
    if vectors.shape != expected:
        raise Corrupt(f"the encoder gives vectors of shape {vectors.shape}, expected {expected}")
    if not np.isfinite(vectors).all():
        raise Corrupt("the encoder gives NaN or infinite vectors", hint="Use another version.")


def _check_target(out: Path, *, replace: bool) -> None:
    if not os.path.lexists(out):
        return
    if not is_index(out):
        raise ConfigError(
            "this exists and is not a search index",
            where=str(out),
            hint="Give --out a new name.",
        )
    if not replace:
        raise ConfigError(
            "there is an index already",
            where=str(out),
            hint="Add --replace to build it again, or give --out another name.",
        )


@contextmanager
def _only_builder(out: Path) -> Iterator[None]:
    """One process at a time builds an index; the lock is released even if it is killed."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out.with_name(f".{out.name}.lock"), blocking=False)
        lock.acquire()
    except Timeout as error:
        raise AlignmentError(
            "another process is building this index",
            where=str(out),
            hint="Wait until it has finished, or give --out another name.",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"the index cannot be written: {error.strerror}",
            where=str(out),
            hint="Give --out a path in a directory that can be written.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _put_in_place(new: Path, out: Path) -> None:
    """Rename a finished index. Of one that it replaces, readers see the old, none, or the new."""
    old = _old(out)
    remove(old)
    if out.exists():
        os.replace(out, old)
    replace_durably(new, out)
    remove(old)
    # Only now, because a build that was killed before needs them to go on.
    remove(out / PROGRESS)
    if (out / GRAPH).exists():
        remove(out / VECTORS)  # the graph has them


def _recover(out: Path) -> None:
    """Bring back an index whose replacement was killed between two renames."""
    if _old(out).exists() and not os.path.lexists(out):
        os.replace(_old(out), out)


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")
