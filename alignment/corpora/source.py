"""The protocol of a source, and the registry of corpus kinds.

To add a kind, write its settings class in `alignment.config.corpora` and its source class in a
module here, and add one line to `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from alignment.config import Corpus
from alignment.corpora.gettext import GettextSource
from alignment.corpora.hub import HubSource
from alignment.corpora.local import LocalSource
from alignment.corpora.mtdata import MtdataSource
from alignment.corpora.opus import OpusSource
from alignment.corpora.sacrebleu import SacrebleuSource
from alignment.corpora.skips import Skips
from alignment.corpora.tatoeba import TatoebaSource
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError
from alignment.types import Input, SentencePair


class Source(Protocol):
    """A corpus that lists its languages and yields their sentence pairs.

    All methods that take a language expect a canonical BCP-47 code.
    """

    @property
    def skipped(self) -> Skips:
        """What `pairs` left out since the last `skipped.clear()`, counted by reason."""
        ...

    def languages(self) -> frozenset[str]:
        """The languages it has, in its own spelling; `*` if it does not name them.

        Downloads an index at most, unless only the data itself says which languages it has.
        """
        ...

    def doubt(self, language: str) -> str | None:
        """What is doubtful about the spelling that is read for the language; None if nothing."""
        ...

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files that the pairs come from, by name; none if the version pins them."""
        ...

    def expected_pairs(self, language: str) -> int | None:
        """About how many pairs there are, without reading the corpus; None if nothing says so.

        Raises:
            AlignmentError: if an index is needed that cannot be fetched or read.
        """
        ...

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The sentence pairs; none if it does not have the language.

        Raises:
            SourceError: if the corpus cannot be fetched.
            Malformed: with file and line, if an entry cannot be read.
        """
        ...


SOURCES: dict[str, Callable[[Any, Downloads, str, frozenset[str]], Source]] = {
    "gettext": GettextSource,
    "hub": HubSource,
    "local": LocalSource,
    "mtdata": MtdataSource,
    "opus": OpusSource,
    "sacrebleu": SacrebleuSource,
    "tatoeba": TatoebaSource,
}
"""The source of each kind of corpus that has sentence pairs."""


def open_source(
    corpus: Corpus, downloads: Downloads, pivot: str, others: Iterable[str] = ()
) -> Source:
    """The source of a configured corpus; downloads nothing yet.

    Args:
        corpus: Its settings.
        downloads: Where its files are fetched to.
        pivot: Canonical code of the source side.
        others: Canonical codes of all configured languages. A spelling that is nearer to another
            one is not read: with `pt` and `pt-BR` configured, `pt` does not read `pt_BR`.

    Raises:
        ConfigError: if this kind of corpus has no sentence pairs.
    """
    source = SOURCES.get(corpus.kind)
    if source is None:
        raise ConfigError(
            f"a corpus of kind {corpus.kind} has no sentence pairs", where=corpus.display_name
        )
    return source(corpus, downloads, pivot, frozenset(others))
