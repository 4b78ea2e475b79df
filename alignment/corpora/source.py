"""The protocol of a source, and the registry of kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from alignment.config import Corpus
from alignment.corpora.gettext import GettextSource
from alignment.corpora.local import LocalSource
from alignment.types import Input, SentencePair


class Source(Protocol):
    """A corpus that can be asked which languages it has, and for their pairs."""

    def offered(self) -> frozenset[str]:
        """The languages that it has, in its own spelling."""
        ...

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The user's files that the pairs of `language` come from (none, when the version pins it)."""
        ...

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The pairs of `language`; none if it is not offered.

        Raises:
            SourceError: if the corpus cannot be had.
            Malformed: with file and line, if an entry cannot be read.
        """
        ...


# kind -> (its configuration, directory of downloads, pivot language) -> source
_KINDS: dict[str, Callable[[Any, Path, str], Source]] = {"gettext": GettextSource, "local": LocalSource}


def open_source(corpus: Corpus, downloads: Path, pivot: str) -> Source:
    """The source that this piece of configuration describes; fetches nothing yet."""
    return _KINDS[corpus.kind](corpus, downloads, pivot)


def corpus_name(corpus: Corpus) -> str:
    """How reports call it: the configured name, or one made from what identifies it."""
    if corpus.name:
        return corpus.name
    if corpus.kind == "gettext":
        return corpus.package or corpus.installed or str(corpus.path and corpus.path.name)
    return corpus.path.name.replace("{lang}", "").split(".")[0].strip("-_") or "local" if corpus.path else "off"
