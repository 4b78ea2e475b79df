"""The protocol of a source, and the registry of corpus kinds.

To add a kind, write its settings class in `alignment.config.corpora` and its source class in a
module here, and add one line to `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from alignment.config import (
    Corpus,
    GettextCorpus,
    HubCorpus,
    LocalCorpus,
    MtdataCorpus,
    OpusCorpus,
    PrebuiltTripletsCorpus,
    SacrebleuCorpus,
    TatoebaCorpus,
)
from alignment.corpora.gettext import GettextSource
from alignment.corpora.hub import HubSource
from alignment.corpora.local import LocalSource
from alignment.corpora.mtdata import MtdataSource
from alignment.corpora.names import corpus_name
from alignment.corpora.opus import OpusSource
from alignment.corpora.sacrebleu import SacrebleuSource
from alignment.corpora.tatoeba import TatoebaSource
from alignment.downloads.fetch import Downloads
from alignment.errors import ConfigError
from alignment.types import Input, SentencePair


class Source(Protocol):
    """A corpus that lists its languages and yields their sentence pairs.

    All methods that take a language expect a canonical BCP-47 code.
    """

    def languages(self) -> frozenset[str]:
        """The languages it has, in its own spelling; `*` if it does not name them.

        Downloads an index at most, unless only the data itself says which languages it has.
        """
        ...

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files that the pairs come from, by name; none if the version pins them."""
        ...

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The sentence pairs; none if it does not have the language.

        Raises:
            SourceError: if the corpus cannot be fetched.
            Malformed: with file and line, if an entry cannot be read.
        """
        ...


class Kind(NamedTuple):
    """One kind of corpus."""

    source: Callable[[Any, Downloads, str], Source] | None
    """None for prebuilt triplets, which are not sentence pairs."""
    settings: type[Any]
    example: str


_EXAMPLES = {
    "local": '{kind: local, path: "data/{lang}.tsv.gz", license: CC-BY-4.0}',
    "gettext": '{kind: gettext, package: django, version: "5.2.19", license: BSD-3-Clause}',
    "hub": "{kind: hub, dataset: Helsinki-NLP/opus-100, "
    'configuration: "{pair}", revision: <commit hash>}',
    "opus": "{kind: opus, corpus: NLLB, version: v1, max_pairs: 400000}",
    "tatoeba": "{kind: tatoeba}",
    "sacrebleu": "{kind: sacrebleu, test_set: wmt22}",
    "mtdata": "{kind: mtdata, dataset: Statmt-europarl-10}",
    "prebuilt_triplets": "{kind: prebuilt_triplets, path: nli.jsonl, language: cy, "
    "share: 0.1, license: MIT}",
}
KINDS: dict[str, Kind] = {
    "local": Kind(LocalSource, LocalCorpus, _EXAMPLES["local"]),
    "gettext": Kind(GettextSource, GettextCorpus, _EXAMPLES["gettext"]),
    "hub": Kind(HubSource, HubCorpus, _EXAMPLES["hub"]),
    "opus": Kind(OpusSource, OpusCorpus, _EXAMPLES["opus"]),
    "tatoeba": Kind(TatoebaSource, TatoebaCorpus, _EXAMPLES["tatoeba"]),
    "sacrebleu": Kind(SacrebleuSource, SacrebleuCorpus, _EXAMPLES["sacrebleu"]),
    "mtdata": Kind(MtdataSource, MtdataCorpus, _EXAMPLES["mtdata"]),
    "prebuilt_triplets": Kind(None, PrebuiltTripletsCorpus, _EXAMPLES["prebuilt_triplets"]),
}


def open_source(corpus: Corpus, downloads: Downloads, pivot: str) -> Source:
    """The source of a configured corpus; downloads nothing yet.

    Raises:
        ConfigError: if this kind of corpus has no sentence pairs.
    """
    source = KINDS[corpus.kind].source
    if source is None:
        raise ConfigError(
            f"a corpus of kind {corpus.kind} has no sentence pairs", where=corpus_name(corpus)
        )
    return source(corpus, downloads, pivot)
