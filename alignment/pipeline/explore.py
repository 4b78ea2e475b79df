"""Which languages could be added: how much text the corpora have, and how weak the encoder is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from alignment import languages, tables
from alignment.cleaning.batch import Context
from alignment.cleaning.filtering import apply_filters, with_normalized
from alignment.cleaning.ledger import KEPT
from alignment.config import Config
from alignment.corpora import open_source
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
from alignment.pairs import pair_rows

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder


class PairCounts(NamedTuple):
    """How many pairs the configured corpora have for one language."""

    code: str
    pairs: dict[str, int]
    """By corpus."""

    @property
    def total(self) -> int:
        """Over all corpora."""
        return sum(self.pairs.values())


def count_pairs(config: Config, downloads: Downloads, code: str) -> PairCounts:
    """Count the pairs of one language in the shared corpora, downloading what that needs."""
    counts = {}
    for corpus in config.pair_corpora:
        if code in corpus.languages:
            source = open_source(corpus, downloads, config.pivot, config.measured)
            total = sum(1 for _ in source.pairs(code))
            if total:
                counts[corpus.display_name] = total
    return PairCounts(code, counts)


def unconfigured_languages(config: Config, downloads: Downloads) -> list[str]:
    """Canonical codes of the languages that the shared corpora have and the configuration lacks."""
    available: set[str] = set()
    for corpus in config.pair_corpora:
        source = open_source(corpus, downloads, config.pivot)
        offered = source.languages()
        for spelling in offered:
            code = _code(spelling, offered)
            if code and code in corpus.languages:
                available.add(code)
    configured = {languages.language_and_script(code) for code in (config.pivot, *config.measured)}
    shortest: dict[tuple[str, str], str] = {}
    for code in sorted(available, key=lambda code: (len(code), code)):
        shortest.setdefault(languages.language_and_script(code), code)
    return sorted(code for identity, code in shortest.items() if identity not in configured)


class Suggestion(NamedTuple):
    """A language that could be added."""

    code: str
    pairs: int
    """Usable ones."""
    accuracy: float
    """Accuracy@1 on a sample of the language's pairs, the mean of both directions, in [0, 1]."""
    gain: float
    """The rank: share of wrong answers times the decimal logarithm of the pairs."""


def suggest(
    config: Config,
    downloads: Downloads,
    encoder: Path,
    *,
    sample: int,
    min_pairs: int,
    on_language: Callable[[str], None] = lambda _: None,
) -> list[Suggestion]:
    """Languages of the shared corpora that are not configured, the most worthwhile first.

    Args:
        config: The whole configuration.
        downloads: Where corpora are fetched to.
        encoder: Directory of the encoder that is measured.
        sample: Pairs that each language is measured on.
        min_pairs: Languages with fewer usable pairs are left out.
        on_language: Called with the code of each language before it is measured.
    """
    from alignment.encoder.directory import load_encoder

    loaded = load_encoder(encoder, device="cpu", trust_remote_code=config.encoder.runs_code)
    suggestions = []
    for code in unconfigured_languages(config, downloads):
        on_language(code)
        try:
            source, target = usable_pairs(config, downloads, code)
        except AlignmentError:
            continue  # a catalog that cannot be read is no suggestion
        if len(source) < min_pairs:
            continue
        size = min(sample, len(source))
        rows = random.Random(f"{config.seed}:{code}").sample(range(len(source)), size)
        accuracy = _accuracy(loaded, [source[row] for row in rows], [target[row] for row in rows])
        gain = (1 - accuracy) * math.log10(len(source))
        suggestions.append(Suggestion(code, len(source), accuracy, gain))
    return sorted(suggestions, key=lambda suggestion: (-suggestion.gain, suggestion.code))


def usable_pairs(config: Config, downloads: Downloads, code: str) -> tuple[list[str], list[str]]:
    """Sources and targets that the shared filters keep, each source once."""
    context = Context(config.pivot, code)
    pairs: dict[str, str] = {}
    for batch in tables.in_batches(_shared_rows(config, downloads, code), tables.PAIRS):
        reasons, changed, *_ = apply_filters(batch, config.clean, context)
        rows = np.flatnonzero(reasons == KEPT)
        kept = with_normalized(batch, changed).select(["source", "target"])
        sources, targets = (pc.take(column, rows).to_pylist() for column in kept.columns)
        pairs.update(zip(sources, targets, strict=True))
    return list(pairs), list(pairs.values())


def _shared_rows(config: Config, downloads: Downloads, code: str) -> Iterator[dict[str, Any]]:
    for corpus in config.pair_corpora:
        if code in corpus.languages:
            source = open_source(corpus, downloads, config.pivot, config.measured)
            yield from pair_rows(corpus, source, code, config.pivot)


def _code(spelling: str, offered: frozenset[str]) -> str | None:
    """The canonical code without the region, which says nothing about the text; None if unknown.

    The script is kept. `offered` are the spellings of the corpus.
    """
    tag = languages.code_of(spelling, offered)
    if tag is None:
        return None
    language, *subtags = tag.split("-")
    scripts = [subtag for subtag in subtags if len(subtag) == 4]
    return "-".join([language, *scripts])


def _accuracy(encoder: Encoder, source: list[str], target: list[str]) -> float:
    from alignment.retrieval.metrics import retrieve

    x = encoder.encode(source, side="source")
    y = encoder.encode(target, side="target")
    forward = retrieve(x, y, target).correct.mean()
    backward = retrieve(y, x, source).correct.mean()
    return float((forward + backward) / 2)
