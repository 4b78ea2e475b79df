"""Measures of document retrieval, by trec_eval through pytrec_eval.

The measure is the field's own program, so that numbers compare with MTEB's and BEIR's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from alignment.extras import require
from alignment.retrieval.neighbors import Neighbors

Metric = Literal["ndcg@10", "recall@100", "mrr@10"]
METRICS: tuple[Metric, ...] = get_args(Metric)
_CUT = 10


class RelevanceScores(NamedTuple):
    """The measures of each query (n,), in the order of the queries, each in [0, 1]."""

    ndcg: NDArray[np.float64]
    """nDCG@10 with the judgments as gains (Järvelin and Kekäläinen 2002)."""
    recall: NDArray[np.float64]
    """Share of the relevant documents among the first 100."""
    mrr: NDArray[np.float64]
    """Reciprocal rank of the first relevant document, 0 beyond rank 10."""

    def of(self, metric: Metric) -> NDArray[np.float64]:
        """The measure of this name."""
        columns = dict(zip(METRICS, self, strict=True))
        return columns[metric]


def score_relevance(
    queries: Sequence[str],
    documents: Sequence[str],
    found: Neighbors,
    relevance: Mapping[str, Mapping[str, int]],
) -> RelevanceScores:
    """Compare what was found with the judgments.

    Documents of equal score are ordered as trec_eval does: by id, the last one first.

    Args:
        queries: Ids (n).
        documents: Ids of all documents (m).
        found: The nearest documents of each query, at least 100 where there are as many.
        relevance: By query and document, how relevant it is; above 0 is relevant. Every query has
            a relevant document.

    Raises:
        ConfigError: if the extra `retrieval` is not installed.
    """
    pytrec_eval = require("pytrec_eval", "retrieval", "kind: retrieval")
    run: dict[str, dict[str, float]] = {}
    top: dict[str, dict[str, float]] = {}
    for query, indices, scores in zip(queries, *found, strict=True):
        names = [documents[index] for index in indices.tolist()]
        run[query] = dict(zip(names, scores.tolist(), strict=True))
        top[query] = dict(sorted(run[query].items(), key=_trec_order, reverse=True)[:_CUT])
    judged = {query: dict(relevance[query]) for query in queries}
    deep = pytrec_eval.RelevanceEvaluator(judged, {"ndcg_cut.10", "recall.100"}).evaluate(run)
    shallow = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank"}).evaluate(top)
    return RelevanceScores(
        ndcg=_column(queries, deep, "ndcg_cut_10"),
        recall=_column(queries, deep, "recall_100"),
        mrr=_column(queries, shallow, "recip_rank"),
    )


def _trec_order(item: tuple[str, float]) -> tuple[float, bytes]:
    name, score = item
    return score, name.encode()


def _column(
    queries: Sequence[str], results: Mapping[str, Mapping[str, float]], name: str
) -> NDArray[np.float64]:
    return np.array([results[query][name] for query in queries], np.float64)
