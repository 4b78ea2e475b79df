"""Search with a model: who encodes the documents of an index, and its queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.encoder.search_prompts import use_search_prompts
from alignment.errors import AlignmentError, ConfigError
from alignment.files import tree_digests
from alignment.manifests import MANIFEST
from alignment.pipeline.models import find_model, open_model
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.search import Documents, IndexModel, SearchIndex, build_index
from alignment.search.comparison import Engine, check_comparable
from alignment.search.manifest import is_index
from alignment.types import combined_digest

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

Method = Literal["auto", "exact", "hnsw"]
_ADDED = ("README.md", MANIFEST)
"""Files that the registry adds to an encoder."""


@dataclass(frozen=True)
class Models:
    """Where models are looked for."""

    workspace: Workspace
    trust_remote_code: bool = False

    def find(self, model: str) -> FoundModel:
        """The model that a user names, as `alignment evaluate` reads it, with its digest."""
        context = RunContext(self.workspace.store, self._downloads(), "en", seed=0)
        source = find_model(
            model, self.workspace, context, trust_remote_code=self.trust_remote_code
        )
        reference = model
        version = None
        if Path(model).is_dir():
            reference = str(source.path)
        elif "/" not in model:
            name, _, alias = model.rpartition("@")
            version = self.workspace.registry(name).get(alias)
            reference = f"{name}@{version.name}"  # `champion` may be another one tomorrow
        described = IndexModel(source.name, reference, model_digest(source.path))
        return FoundModel(described, source.path, version)

    def open(self, found: FoundModel) -> Encoder:
        """The encoder of a model, whose sides are queries and documents."""
        encoder = open_model(found.path, trust_remote_code=self.trust_remote_code)
        use_search_prompts(encoder)
        return encoder

    def role(self, model: IndexModel) -> str:
        """`champion` if the model is the deployed version of its name, "" otherwise."""
        name, _, version = model.reference.rpartition("@")
        if not name or "/" in name or not re.fullmatch(r"v\d+", version):
            return ""
        try:
            champion = self.workspace.registry(name).champion()
        except AlignmentError:  # a damaged registry does not stop a search
            return ""
        return "champion" if champion is not None and champion.name == version else ""

    def _downloads(self) -> Downloads:
        return Downloads(self.workspace.root / "downloads", offline=self.workspace.offline)


@dataclass(frozen=True)
class FoundModel:
    """A model on this machine."""

    described: IndexModel
    path: Path
    version: Version | None = None
    """Of the registry; None for a directory or a model of the Hub."""


def model_digest(path: Path) -> str:
    """sha256 over an encoder's files, without those that registries and systems add.

    So a copy of a published version has the digest of the version.
    """
    digests = tree_digests(path)
    kept = {}
    for name, digest in digests.items():
        hidden = any(part.startswith(".") or part == "__pycache__" for part in Path(name).parts)
        if name not in _ADDED and not hidden:
            kept[name] = digest
    return combined_digest(kept)


def index_documents(
    out: Path,
    documents: Documents,
    models: Models,
    model: str,
    *,
    method: Method = "auto",
    replace: bool = False,
    on_block: Callable[[int], None] = lambda _: None,
) -> SearchIndex:
    """Encode documents with a model and write their index.

    Raises:
        ConfigError: if `out` exists and may not be replaced, or faiss is needed and missing.
        EmptyCorpus: if there are no documents.
    """
    source = models.find(model)
    encoder = models.open(source)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return encoder.encode(texts, side="target")

    return build_index(
        out,
        documents,
        source.described,
        encode,
        method=method,
        replace=replace,
        on_block=on_block,
    )


def open_engine(path: Path, models: Models, model: str | None = None) -> Engine:
    """An index with the model that it was built with.

    Args:
        path: The index.
        models: Where the model is looked for.
        model: Where the model is now; by default where it was.

    Raises:
        ConfigError: if the model is another one than that of the index.
    """
    index = SearchIndex.open(path)
    source = models.find(model or index.model.reference)
    _check_model(index, source, model)
    encoder = models.open(source)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return encoder.encode(texts, side="source")

    return Engine(index.model.name, models.role(index.model), index, encode)


def open_challenger(
    engine: Engine,
    against: str,
    models: Models,
    on_block: Callable[[int], None] = lambda _: None,
) -> Engine:
    """What an index is compared with: another index, or another model of the same documents.

    The documents are encoded with that model first. Their index is kept next to the other one.

    Raises:
        ConfigError: if the two hold different documents.
    """
    if is_index(Path(against)):
        challenger = open_engine(Path(against), models)
        check_comparable(engine.index, challenger.index)
        return challenger
    source = models.find(against)
    base = engine.index.path
    out = base.with_name(f"{base.name}.{source.described.digest[:12]}")
    if not is_index(out):
        documents = Documents(
            engine.index.manifest.source,
            engine.index.documents_digest,
            lambda: iter(engine.index.documents),
        )
        index_documents(out, documents, models, against, on_block=on_block)
    challenger = open_engine(out, models, against)
    check_comparable(engine.index, challenger.index)
    return challenger


def _check_model(index: SearchIndex, found: FoundModel, asked: str | None) -> None:
    if found.described.digest == index.model.digest:
        return
    built = f"{index.model.name} ({index.model.digest[:12]})"
    got = f"{found.described.name} ({found.described.digest[:12]})"
    if asked is None:
        raise ConfigError(
            f"the index was built with {built}; its files have changed since: got {got}",
            where=str(index.path),
            hint="Build the index again: alignment search index DOCS --model "
            f"{index.model.reference} --out {index.path} --replace",
        )
    raise ConfigError(
        f"the index was built with {built}, got {got}; their vectors cannot be compared",
        where=str(index.path),
        hint="Leave out --model, or build an index with it: alignment search index DOCS --model "
        f"{asked} --out NEW",
    )
