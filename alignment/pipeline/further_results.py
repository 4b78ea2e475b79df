"""What was measured besides accuracy, before and after, as plain values for summaries."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Any

from alignment import layout, tables
from alignment.report.summary import Summary
from alignment.retrieval.relevance import METRICS
from alignment.stages.further import Measured
from alignment.stages.mixed import read_mixed
from alignment.stages.retrieve import RetrieveCounts
from alignment.types import Artifact

Results = dict[str, dict[str, Any]]


def with_further_results(summary: Summary, candidate: Measured, reference: Measured) -> Summary:
    """The summary with the pools and the retrieval suites of both encoders."""
    values = summary.model_dump()
    values |= further_results(candidate, reference)
    return Summary.model_validate(values)


def further_results(candidate: Measured, reference: Measured) -> dict[str, Results]:
    """`mixed_pool` by language, `hard_pool` and `retrieval` by language and suite.

    Each measure is `{"before": ..., "after": ...}`, null where it is not defined. What was not
    measured is missing.
    """
    results: dict[str, Results] = {"mixed_pool": {}, "hard_pool": {}, "retrieval": {}}
    for language, evaluated in candidate.evaluated.items():
        suites = layout.evaluated_suites(evaluated)
        mixed = _mixed(candidate, reference, language, suites)
        if mixed:
            results["mixed_pool"][language] = mixed
        for suite in suites:
            if layout.hard_file(suite) in evaluated.files:
                by_suite = results["hard_pool"].setdefault(language, {})
                by_suite[suite] = _hard(evaluated, reference.evaluated[language], suite)
        retrieval = _retrieval(candidate, reference, language)
        if retrieval:
            results["retrieval"][language] = retrieval
    return results


def _mixed(
    candidate: Measured, reference: Measured, language: str, suites: list[str]
) -> dict[str, Any]:
    """On the language's first suite."""
    if candidate.further.mixed is None or reference.further.mixed is None or not suites:
        return {}
    after = read_mixed(candidate.further.mixed)[suites[0]][language]
    before = read_mixed(reference.further.mixed)[suites[0]][language]
    return {
        "queries": after["queries"],
        "accuracy": _pair(before["accuracy"], after["accuracy"]),
        "recall": _pair(before["recall"], after["recall"]),
        "own_language": _pair(before["wrong_in_own_language"], after["wrong_in_own_language"]),
        "share_of_pool": after["share_of_pool"],
    }


def _hard(after: Artifact, before: Artifact, suite: str) -> dict[str, Any]:
    """Both directions together; the errors are those of the candidate, by what won."""
    plain = layout.outcomes_file(suite)
    hard = layout.hard_file(suite)
    (winners,) = tables.read_columns(after.path / hard, "winner")
    errors = Counter(winner for winner in winners if winner)
    return {
        "queries": len(winners),
        "plain": _pair(_accuracy(before, plain), _accuracy(after, plain)),
        "hard": _pair(_accuracy(before, hard), _accuracy(after, hard)),
        "errors": dict(errors.most_common()),
    }


def _retrieval(candidate: Measured, reference: Measured, language: str) -> dict[str, Any]:
    after = candidate.further.retrieved.get(language)
    before = reference.further.retrieved.get(language)
    if after is None or before is None:
        return {}
    counts = RetrieveCounts.of(after)
    results = {}
    for suite in layout.evaluated_suites(after):
        file = layout.outcomes_file(suite)
        metrics = {}
        for metric in METRICS:
            metrics[metric] = _pair(_mean(before, file, metric), _mean(after, file, metric))
        results[suite] = {
            "queries": counts.queries[suite],
            "documents": counts.documents[suite],
            "metrics": metrics,
        }
    return results


def _accuracy(artifact: Artifact, file: str) -> float:
    return _mean(artifact, file, "correct")


def _mean(artifact: Artifact, file: str, column: str) -> float:
    (values,) = tables.read_columns(artifact.path / file, column)
    return statistics.fmean(map(float, values))


def _pair(before: float | None, after: float | None) -> dict[str, float | None]:
    return {"before": before, "after": after}
