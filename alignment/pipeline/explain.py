"""What the filters do to one language: the scores, and what other thresholds would keep."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from alignment import layout, tables
from alignment.cleaning.columns import Floats, Ints
from alignment.cleaning.corpus_context import corpus_context
from alignment.cleaning.filtering import active_filters, apply_filters, with_normalized
from alignment.cleaning.filters import FILTERS, Filter
from alignment.cleaning.ledger import KEPT, REASONS
from alignment.config import Clean
from alignment.report.summary import SemanticFilter
from alignment.stages.pull import PullCounts
from alignment.stages.semantic import read_semantic
from alignment.store import Store
from alignment.types import Artifact

MAX_ALTERNATIVES = 5
QUANTILES = (0, 1, 5, 25, 50, 75, 95, 99, 100)
"""Percentiles that describe the scores of a filter."""
CANDIDATE_QUANTILES = (0.5, 1, 2, 5, 10, 90, 95, 98, 99, 99.5)
"""Percentiles of the scores that are tried as thresholds."""


class FilterScores(NamedTuple):
    """The scores of one filter on one language, and what its threshold and others would keep."""

    filter: Filter
    threshold: float | None
    """None if the filter is off."""
    quantiles: list[float]
    """Of the scores, at `QUANTILES`; empty without pairs."""
    kept: float | None
    """Share of all pairs that pass this filter alone."""
    alternatives: list[tuple[float, float]]
    """Other thresholds with the share that each would keep."""


class Explained(NamedTuple):
    """What the filters do to one language, before duplicates and contamination are removed."""

    pairs: int
    scores: list[FilterScores]
    rejects: dict[str, list[tuple[str, str]]]
    """Examples of dropped pairs by reason."""
    counts: dict[str, int]
    """Dropped pairs by reason, the most frequent first."""


class ExplainedSemantics(NamedTuple):
    """What the stage `semantic` did last to one language."""

    threshold: str | float
    """The `clean.semantic` of that run."""
    created: str
    """When, in ISO 8601."""
    result: SemanticFilter


def explain_semantics(store: Store, language: str) -> ExplainedSemantics | None:
    """The scores that the last run in the workspace has given; None if no run has given any.

    They need the vectors of the encoder, which `explain` does without.

    Raises:
        Corrupt: if they are damaged.
    """
    manifest = store.latest("semantic", language)
    if manifest is None:
        return None
    artifact = store.get(manifest["key"])
    return ExplainedSemantics(
        manifest["config"]["threshold"],
        manifest["created"],
        SemanticFilter.model_validate(read_semantic(artifact)),
    )


def explain(
    pulled: Artifact, limits: Clean, pivot: str, language: str, *, examples: int = 0, seed: int = 0
) -> Explained:
    """Score every pair with every configured filter.

    Args:
        pulled: The artifact of `pull` of the language.
        limits: The filters and their thresholds.
        pivot: Code of the pivot language.
        language: Code of the other language.
        examples: Dropped pairs to return for each reason, sampled at random.
        seed: Seed of that sample.
    """
    pairs = pulled.path / layout.PAIRS
    context = corpus_context(pairs, limits, pivot, language)
    filters = _configured_filters(limits)
    columns: dict[str, list[Floats | Ints]] = {name: [np.zeros(0)] for name in filters}
    sample = _RejectSample(examples, seed)
    for batch in tables.batches(pairs):
        reasons, changed, scored, *_ = apply_filters(batch, limits, context)
        for name, configured in filters.items():
            columns[name].append(configured.score(scored, context))
        sample.add(with_normalized(batch, changed), reasons)
    thresholds = {
        active_filter.name: threshold for active_filter, threshold in active_filters(limits)
    }
    scores = []
    for name, configured in filters.items():
        values = np.concatenate(columns[name]).astype(np.float64)
        scores.append(_filter_scores(configured, thresholds.get(name), values))
    counts = dict(sorted(sample.counts.items(), key=lambda item: -item[1]))
    return Explained(PullCounts.of(pulled).pairs, scores, sample.pairs, counts)


def _configured_filters(limits: Clean) -> dict[str, Filter]:
    """By name; the language identifier is loaded and scored only if it has a threshold."""
    filters: dict[str, Filter] = {}
    for name in limits.filters:
        if name != "other_language" or limits.max_other_language is not None:
            filters[name] = FILTERS[name]
    return filters


class _RejectSample:
    """A sample of the dropped pairs for each reason: reservoir sampling (Vitter's algorithm R)."""

    def __init__(self, size: int, seed: int) -> None:
        self.pairs: dict[str, list[tuple[str, str]]] = {}
        self.counts: dict[str, int] = {}
        self._size = size
        self._random = random.Random(seed)

    def add(self, rows: pa.RecordBatch, reasons: np.ndarray) -> None:
        """Add the rows (rows,) whose reason is not `KEPT`."""
        sources = rows.column("source")
        targets = rows.column("target")
        for row in np.flatnonzero(reasons != KEPT).tolist():
            reason = REASONS[reasons[row]]
            self.counts[reason] = self.counts.get(reason, 0) + 1
            pairs = self.pairs.setdefault(reason, [])
            slot = len(pairs)
            if slot >= self._size:
                slot = self._random.randrange(self.counts[reason])
            if slot < self._size:
                pairs[slot : slot + 1] = [(sources[row].as_py(), targets[row].as_py())]


def _filter_scores(
    configured: Filter, threshold: float | None, values: Floats | Ints
) -> FilterScores:
    if not len(values):
        return FilterScores(configured, threshold, [], None, [])
    quantiles = [float(value) for value in np.percentile(values, QUANTILES)]
    kept = None
    if threshold is not None:
        kept = _kept_share(configured, values, threshold)
    return FilterScores(configured, threshold, quantiles, kept, _alternatives(configured, values))


def _alternatives(configured: Filter, values: Floats | Ints) -> list[tuple[float, float]]:
    """Thresholds that would keep between half and all of the pairs, each share once."""
    candidates = np.percentile(values, CANDIDATE_QUANTILES)
    rounded = sorted({float(f"{value:.3g}") for value in candidates})
    by_share: dict[float, float] = {}
    for threshold in rounded:
        share = _kept_share(configured, values, threshold)
        if 0.5 < share < 1:
            by_share[share] = threshold
    alternatives = [(threshold, share) for share, threshold in by_share.items()]
    return alternatives[-MAX_ALTERNATIVES:]


def _kept_share(configured: Filter, values: Floats | Ints, threshold: float) -> float:
    return float(1 - configured.refused(values, threshold).mean())
