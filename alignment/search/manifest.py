"""What an index says about itself: its model, its documents, its files and how it is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from alignment.errors import Corrupt, Missing
from alignment.manifests import (
    MANIFEST,
    check_listed,
    check_types,
    read_manifest,
    write_manifest,
)

KIND = "alignment search index"
FORMAT = 1
"""Raise it if the files of an index change."""
AGAIN = "Build the index again with `alignment search index ... --replace`."
DOCUMENTS = "documents.jsonl"
OFFSETS = "offsets.npy"
VECTORS = "vectors.f32"
GRAPH = "hnsw.faiss"

Method = Literal["exact", "hnsw"]


@dataclass(frozen=True)
class IndexModel:
    """The encoder of an index, and of every query of it."""

    name: str
    """For people, such as `quickstart v3`."""
    reference: str
    """What opens it: a directory, `quickstart@v3`, or a model of the Hub with its commit."""
    digest: str
    """sha256 over its files. A model with another digest gives other vectors."""


_MODEL = ("name", "reference", "digest")


@dataclass(frozen=True)
class IndexManifest:
    """The content of an index's manifest."""

    model: IndexModel
    method: Method
    documents: int
    dim: int
    source: str
    """Where the documents came from, for people."""
    created: str
    """ISO 8601, UTC."""
    files: Mapping[str, Mapping[str, Any]]
    """Bytes and sha256 by file name."""

    def check(self) -> None:
        """Whether the values are those of an index.

        Raises:
            TypeError or ValueError: if one is not.
        """
        numbers = {"documents": int, "dim": int, "files": dict, "source": str, "created": str}
        check_types(asdict(self), numbers, required=True)
        check_types(asdict(self.model), dict.fromkeys(_MODEL, str), required=True)
        if self.documents < 1 or self.dim < 1:
            raise ValueError("an index has documents and a dimension")
        searched = GRAPH if self.method == "hnsw" else VECTORS
        if set(self.files) != {DOCUMENTS, OFFSETS, searched}:
            raise ValueError(f"the files are {sorted(self.files)}")

    def write(self, directory: Path) -> None:
        """Write the manifest of an index; the last file that is written."""
        write_manifest(directory, {"kind": KIND, "format": FORMAT, **asdict(self)})


def is_index(directory: Path) -> bool:
    """Whether a directory holds an index, whole or damaged."""
    try:
        return read_manifest(directory).get("kind") == KIND
    except Corrupt:
        if not directory.is_dir():
            return False
        names = {path.name for path in directory.iterdir()}
        return {MANIFEST, DOCUMENTS} <= names <= {MANIFEST, DOCUMENTS, OFFSETS, VECTORS, GRAPH}


def read_index_manifest(directory: Path) -> IndexManifest:
    """The manifest of an index, whose files are what was written.

    Raises:
        Missing: if there is no such index.
        Corrupt: if a file is damaged, or the index is of another version of this program.
    """
    if not directory.is_dir():
        raise Missing(
            "there is no such index",
            where=str(directory),
            hint="Build one: alignment search index DOCS --model MODEL --out INDEX.",
        )
    try:
        content = read_manifest(directory)
    except Corrupt as error:
        raise Corrupt(error.message, where=error.where, hint=AGAIN) from error
    if content.pop("kind", None) != KIND:
        raise Corrupt(
            "this directory is not a search index",
            where=str(directory),
            hint="Pass what `alignment search index ... --out INDEX` wrote.",
        )
    version = content.pop("format", None)
    if version != FORMAT:
        raise Corrupt(
            f"the index has format {version}, expected {FORMAT}", where=str(directory), hint=AGAIN
        )
    method = content.get("method")
    if method not in get_args(Method):
        raise Corrupt(
            f"the index is searched by {method!r}, expected exact or hnsw",
            where=str(directory),
            hint=AGAIN,
        )
    try:
        manifest = IndexManifest(**{**content, "model": IndexModel(**content["model"])})
        manifest.check()
        check_listed(directory, manifest.files, "index", AGAIN)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Corrupt(
            f"the manifest is unreadable ({error})", where=str(directory), hint=AGAIN
        ) from error
    return manifest


__all__ = ["MANIFEST", "IndexManifest", "IndexModel", "Method", "read_index_manifest"]
