"""The protocol of a source, and the registry of kinds."""

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
    """A corpus that can be asked which languages it has, and for their pairs."""

    def offered(self) -> frozenset[str]:
        """The languages that it has, in its own spelling; asked before anything large is fetched."""
        ...

    def inputs(self, language: str) -> Mapping[str, Input]:
        """The files that the pairs of `language` come from (none, when the version pins it)."""
        ...

    def pairs(self, language: str) -> Iterator[SentencePair]:
        """The pairs of `language`; none if it is not offered.

        Raises:
            SourceError: if the corpus cannot be had.
            Malformed: with file and line, if an entry cannot be read.
        """
        ...


class Kind(NamedTuple):
    """One kind of corpus."""

    source: Callable[[Any, Downloads, str], Source] | None
    """None of prebuilt triplets, which are no pairs."""
    settings: type[Any]
    example: str


KINDS: dict[str, Kind] = {
    "local": Kind(
        LocalSource, LocalCorpus, "{kind: local, path: data/{lang}.tsv.gz, license: CC-BY-4.0}"
    ),
    "gettext": Kind(
        GettextSource,
        GettextCorpus,
        '{kind: gettext, package: django, version: "5.2.19", license: BSD-3-Clause}',
    ),
    "hub": Kind(
        HubSource,
        HubCorpus,
        '{kind: hub, dataset: Helsinki-NLP/opus-100, configuration: "{pair}", revision: <sha>}',
    ),
    "opus": Kind(
        OpusSource, OpusCorpus, "{kind: opus, corpus: NLLB, version: v1, max_pairs: 400000}"
    ),
    "tatoeba": Kind(TatoebaSource, TatoebaCorpus, "{kind: tatoeba}"),
    "sacrebleu": Kind(SacrebleuSource, SacrebleuCorpus, "{kind: sacrebleu, test_set: wmt22}"),
    "mtdata": Kind(MtdataSource, MtdataCorpus, "{kind: mtdata, dataset: Statmt-europarl-10}"),
    "prebuilt_triplets": Kind(
        None,
        PrebuiltTripletsCorpus,
        "{kind: prebuilt_triplets, path: nli.jsonl, language: cy, share: 0.1, license: MIT}",
    ),
}


def open_source(corpus: Corpus, downloads: Downloads, pivot: str) -> Source:
    """The source that this piece of configuration describes; fetches nothing yet."""
    source = KINDS[corpus.kind].source
    if source is None:
        raise ConfigError(
            f"a corpus of kind {corpus.kind} has no sentence pairs", where=corpus_name(corpus)
        )
    return source(corpus, downloads, pivot)
