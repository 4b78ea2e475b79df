"""Questions about the data that no run needs: what filters would do, which languages are worth adding."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from alignment import languages, tables
from alignment.cleaning.batch import Context
from alignment.cleaning.columns import Floats, Ints
from alignment.cleaning.filtering import active_filters, apply_filters, with_normalized
from alignment.cleaning.filters import FILTERS, Filter
from alignment.cleaning.ledger import KEPT, REASONS
from alignment.config import Clean, Config
from alignment.corpora import Source, corpus_name, open_source
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
from alignment.stages.clean import context_of
from alignment.stages.pull import rows as pair_rows
from alignment.types import Artifact

MOST_ALTERNATIVES = 5
QUANTILES = (0, 1, 5, 25, 50, 75, 95, 99, 100)


class Scores(NamedTuple):
    """One filter on one language: what it measures, and what its threshold and others would keep."""

    filter: Filter
    threshold: float | None
    quantiles: list[float]
    """Of the scores, at `QUANTILES` percent."""
    kept: float | None
    """Share of all pairs that pass this filter alone."""
    alternatives: list[tuple[float, float]]
    """Other thresholds and the share that each would keep."""


class Explained(NamedTuple):
    """What cleaning does to one language, before duplicates and suites are looked at."""

    pairs: int
    scores: list[Scores]
    rejects: dict[str, list[tuple[str, str]]]
    """Examples of dropped pairs by reason."""
    counts: dict[str, int]


def explain(
    pulled: Artifact, limits: Clean, pivot: str, language: str, *, examples: int = 0, seed: int = 0
) -> Explained:
    """Score every pair with every filter that is configured; `examples` rejects per reason, chosen by the seed."""
    pairs = pulled.path / "pairs.parquet"
    context = context_of(pairs, limits, pivot, language)
    chosen = [
        FILTERS[name]
        for name in limits.filters
        if name != "other_language" or limits.max_other_language is not None
    ]
    columns: dict[str, list[Floats | Ints]] = {found.name: [np.zeros(0)] for found in chosen}
    rng = random.Random(seed)
    rejects: dict[str, list[tuple[str, str]]] = {}
    counts: dict[str, int] = {}
    for batch in tables.batches(pairs):
        reasons, changed, scored, *_ = apply_filters(batch, limits, context)
        rows = with_normalized(batch, changed)
        for found in chosen:
            columns[found.name].append(found.score(scored, context))
        for place in np.flatnonzero(reasons != KEPT).tolist():
            reason = REASONS[reasons[place]]
            counts[reason] = counts.get(reason, 0) + 1
            _sample(rejects.setdefault(reason, []), (rows, place), counts[reason], examples, rng)
    thresholds = {found.name: threshold for found, threshold in active_filters(limits)}
    scores = [
        _summary(
            found,
            thresholds.get(found.name),
            np.concatenate(columns[found.name]).astype(np.float64),
        )
        for found in chosen
    ]
    return Explained(
        pulled.counts["pairs"],
        scores,
        rejects,
        dict(sorted(counts.items(), key=lambda item: -item[1])),
    )


def _sample(
    kept: list[tuple[str, str]], place: tuple[Any, int], seen: int, size: int, rng: random.Random
) -> None:
    """Reservoir sampling (Vitter's algorithm R)."""
    slot = len(kept) if len(kept) < size else rng.randrange(seen)
    if slot < size:
        rows, number = place
        pair = (rows.column("source")[number].as_py(), rows.column("target")[number].as_py())
        kept[slot : slot + 1] = [pair]


def _summary(found: Filter, threshold: float | None, values: Floats | Ints) -> Scores:
    if not len(values):
        return Scores(found, threshold, [], None, [])
    quantiles = [float(value) for value in np.percentile(values, QUANTILES)]
    kept = None if threshold is None else float(1 - found.refused(values, threshold).mean())
    others = sorted(
        {
            float(f"{value:.3g}")
            for value in np.percentile(values, (0.5, 1, 2, 5, 10, 90, 95, 98, 99, 99.5))
        }
    )
    alternatives = [(value, float(1 - found.refused(values, value).mean())) for value in others]
    distinct = {share: (value, share) for value, share in alternatives if 0.5 < share < 1}
    return Scores(found, threshold, quantiles, kept, list(distinct.values())[-MOST_ALTERNATIVES:])


class Offer(NamedTuple):
    """What the configured corpora have for one language."""

    code: str
    pairs: dict[str, int]
    """By corpus."""

    @property
    def total(self) -> int:
        """Over all corpora."""
        return sum(self.pairs.values())


def offer(config: Config, downloads: Downloads, code: str) -> Offer:
    """Count the pairs of one language in the shared corpora; downloads what is needed for that."""
    found = {}
    for corpus in config.pair_corpora:
        if code in corpus.languages:
            source = open_source(corpus, downloads, config.pivot)
            if count := sum(1 for _ in source.pairs(code)):
                found[corpus_name(corpus)] = count
    return Offer(code, found)


def offered_codes(config: Config, downloads: Downloads) -> list[str]:
    """Canonical codes of the languages that the shared corpora have and the configuration has not."""
    found: set[str] = set()
    for corpus in config.pair_corpora:
        source: Source = open_source(corpus, downloads, config.pivot)
        found |= {
            code
            for spelling in source.offered()
            if (code := _code(spelling)) and code in corpus.languages
        }
    known = {languages.identity(code) for code in (config.pivot, *config.measured)}
    shortest: dict[tuple[str, str], str] = {}
    for code in sorted(found, key=lambda code: (len(code), code)):
        shortest.setdefault(languages.identity(code), code)
    return sorted(code for identity, code in shortest.items() if identity not in known)


def _code(spelling: str) -> str | None:
    """The canonical code without the region, which catalogs name for politeness; the script stays."""
    try:
        tag = languages.canonical(spelling)
    except ValueError:
        return None
    language, *rest = tag.split("-")
    return "-".join([language, *(part for part in rest if len(part) == 4)])


class Suggestion(NamedTuple):
    """A language that could be added: how much text there is, and how weak the encoder is on it."""

    code: str
    pairs: int
    accuracy: float
    """Accuracy@1 on a sample of its own pairs, mean of both directions."""
    gain: float
    """The rank: share of wrong answers times the logarithm of the pairs."""


def suggest(
    config: Config,
    downloads: Downloads,
    encoder: Path,
    *,
    sample: int,
    least: int,
    watch: Callable[[str], None] = lambda _: None,
) -> list[Suggestion]:
    """Languages of the shared corpora that are not configured, the most worthwhile first.

    Only those with at least `least` usable pairs; each is measured on `sample` of them.
    """
    from alignment.encoder.encoder import load

    loaded = load(encoder)
    found = []
    for code in offered_codes(config, downloads):
        watch(code)
        try:
            source, target = usable(config, downloads, code)
        except AlignmentError:
            continue  # a catalog that cannot be read is no suggestion
        if len(source) < least:
            continue
        places = random.Random(f"{config.seed}:{code}").sample(
            range(len(source)), min(sample, len(source))
        )
        accuracy = _accuracy(loaded, [source[i] for i in places], [target[i] for i in places])
        found.append(
            Suggestion(code, len(source), accuracy, (1 - accuracy) * math.log10(len(source)))
        )
    return sorted(found, key=lambda item: -item.gain)


def usable(config: Config, downloads: Downloads, code: str) -> tuple[list[str], list[str]]:
    """Distinct pairs of a language in the shared corpora that the shared filters keep."""
    every = (
        row
        for corpus in config.pair_corpora
        if code in corpus.languages
        for row in pair_rows(
            corpus, open_source(corpus, downloads, config.pivot), code, config.pivot
        )
    )
    pairs: dict[str, str] = {}
    for batch in tables.in_batches(every, tables.PAIRS):
        reasons, changed, *_ = apply_filters(batch, config.clean, Context(config.pivot, code))
        kept = with_normalized(batch, changed)
        good = np.flatnonzero(reasons == KEPT)
        pairs.update(
            zip(
                kept.column("source").take(good).to_pylist(),
                kept.column("target").take(good).to_pylist(),
                strict=True,
            )
        )
    return list(pairs), list(pairs.values())


def _accuracy(encoder: Any, source: list[str], target: list[str]) -> float:
    from alignment.retrieval.metrics import retrieve

    x, y = encoder.encode(source), encoder.encode(target)
    return float(
        (retrieve(x, y, target).correct.mean() + retrieve(y, x, source).correct.mean()) / 2
    )
