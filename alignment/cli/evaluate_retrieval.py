"""`alignment evaluate` on queries and documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from alignment.cli.output import write_json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alignment.config import RetrievalSuite
    from alignment.context import RunContext
    from alignment.corpora.relevance.suite import JudgedQueries, SuiteReader
    from alignment.pipeline.measure_retrieval import RetrievalScores
    from alignment.pipeline.models import ModelSource


class _Result(NamedTuple):
    """How one encoder does."""

    name: str
    scores: list[RetrievalScores]


def evaluate_retrieval(
    models: Sequence[ModelSource],
    suite: RetrievalSuite,
    codes: Sequence[str],
    context: RunContext,
    *,
    as_json: bool,
) -> None:
    """Measure one encoder, or two of which the last one is compared with the first one."""
    from alignment.corpora.relevance.suite import open_suite
    from alignment.extras import require
    from alignment.pipeline.measure_retrieval import chosen_queries

    require("pytrec_eval", "retrieval", "kind: retrieval")
    reader = open_suite(suite, context.downloads)
    judged = chosen_queries(reader, codes)
    trusted = context.trust_remote_code
    results = [_measured(model, reader, judged, trust_remote_code=trusted) for model in models]
    if as_json:
        write_json_text(_as_json(results), indent=2)
    else:
        _print(results)


def _measured(
    model: ModelSource,
    reader: SuiteReader,
    judged: Mapping[str, JudgedQueries],
    *,
    trust_remote_code: bool,
) -> _Result:
    from alignment.cli.display.progress import counting_bar
    from alignment.pipeline.measure_retrieval import measure_retrieval
    from alignment.pipeline.models import open_model

    encoder = open_model(model.path, trust_remote_code=trust_remote_code)
    with counting_bar(model.name, len(judged)) as done:
        scores = measure_retrieval(encoder, reader, judged, done)
    return _Result(model.name, scores)


def _print(results: Sequence[_Result]) -> None:
    from alignment.cli.display.relevance import print_relevance, print_relevance_change

    print_relevance(results[-1].name, results[-1].scores)
    if len(results) == 2:
        old, new = results
        print_relevance_change(old.scores, new.scores, (old.name, new.name))


def _as_json(results: Sequence[_Result]) -> dict[str, dict[str, Any]]:
    """Means by encoder and language, with the digest of the suite."""
    from alignment.retrieval.relevance import METRICS

    by_encoder = {}
    for result in results:
        by_language: dict[str, dict[str, Any]] = {}
        for scores in result.scores:
            by_language[scores.language] = {
                "queries": len(scores.queries),
                "unjudged_queries": scores.unjudged,
                "documents": scores.documents,
                "suite_digest": scores.digest,
                **{metric: scores.mean(metric) for metric in METRICS},
            }
        by_encoder[result.name] = by_language
    return by_encoder
