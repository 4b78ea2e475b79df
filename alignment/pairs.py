"""The sentence pairs of a corpus as rows of `tables.PAIRS`."""

from __future__ import annotations

import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from alignment.cleaning.normalize import pair_id
from alignment.config import Corpus
from alignment.corpora import Source
from alignment.text import storable
from alignment.types import Input, SentencePair

_NOT_CONTENT = {"path", "target_path", "languages", "weight", "direction"}


def pair_rows(
    corpus: Corpus,
    source: Source,
    language: str,
    pivot: str,
    on_pair: Callable[[SentencePair], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """The pairs of one corpus, or a sample of `max_pairs` of them.

    `on_pair` is called with every pair of the corpus in its order, sampled or not.
    At the end, `source.skipped` has counted what its reader left out, and a warning says so.
    """
    name = corpus.display_name
    last_id = None
    if corpus.max_pairs:
        last_id = _last_sampled_id(source, language, pivot, corpus.max_pairs)
    source.skipped.clear()  # a sampled corpus has been read once already
    for pair in source.pairs(language):
        on_pair(pair)
        identity = pair_id(pivot, language, pair.source, pair.target)
        if last_id is not None and identity > last_id:
            continue
        yield {
            "pair_id": identity,
            "source": storable(pair.source),
            "target": storable(pair.target),
            "source_lang": pivot,
            "target_lang": language,
            "corpus": name,
            "version": corpus.version or "",
            "license": corpus.license,
            "origin": pair.origin,
        }
    source.skipped.warn(name, language)


def corpus_settings(corpus: Corpus) -> dict[str, Any]:
    """The settings that determine a corpus's pairs, for a stage's key.

    Paths are left out: files count by their content (`source_inputs`).
    """
    settings = corpus.model_dump(mode="json", exclude=_NOT_CONTENT)
    return {**settings, "name": corpus.display_name}


def source_inputs(sources: Mapping[Corpus, Source], language: str) -> dict[str, Input]:
    """The local files that the pairs of `language` come from."""
    inputs = {}
    for corpus, source in sources.items():
        for name, entry in source.inputs(language).items():
            inputs[f"{corpus.display_name}:{name}"] = entry
    return inputs


def _last_sampled_id(source: Source, language: str, pivot: str, size: int) -> str | None:
    """The greatest of the `size` smallest pair ids; None if there are no more pairs than that.

    The ids are hashes, so the smallest ones are a random sample. Reads the corpus once and keeps
    eight bytes per pair. A pair that occurs several times counts as often.
    """
    numbers = array.array("Q")
    for pair in source.pairs(language):
        numbers.append(int(pair_id(pivot, language, pair.source, pair.target), 16))
    if len(numbers) <= size:
        return None
    smallest = np.partition(np.frombuffer(numbers, dtype=np.uint64), size - 1)
    return f"{smallest[size - 1]:016x}"
