"""The clearest wrong answers that `evaluate` writes and the report shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.report.mistakes import Mistake
from alignment.retrieval.confusions import WORST, Confusion, worst_confusions
from alignment.retrieval.metrics import Outcomes
from alignment.types import Artifact

Vectors = NDArray[np.float32]


def suite_confusions(
    suite: layout.Suite, vectors: tuple[Vectors, Vectors], outcomes: tuple[Outcomes, Outcomes]
) -> list[dict[str, Any]]:
    """The worst answers of both directions as JSON, the largest gap first.

    Args:
        suite: The n pairs.
        vectors: Unit rows (n, dim) of the sources and of the targets.
        outcomes: From the sources to the targets, and back.
    """
    x, y = vectors
    forward, backward = outcomes
    worst = [
        ("forward", suite.source, suite.target, confusion)
        for confusion in worst_confusions(x, y, suite.target, forward)
    ]
    worst += [
        ("backward", suite.target, suite.source, confusion)
        for confusion in worst_confusions(y, x, suite.source, backward)
    ]
    worst.sort(key=lambda entry: -entry[-1].gap)
    return [_entry(suite.ids, *entry) for entry in worst[:WORST]]


def read_mistakes(candidate: Artifact, reference: Artifact | None) -> list[Mistake]:
    """The candidate's worst answers on all suites of one language, the largest gap first.

    `reference` has the answers of the encoder that it is compared with: a mistake is new if that
    one is right.
    """
    if layout.CONFUSIONS not in candidate.files:
        return []
    mistakes = []
    by_suite = json.loads((candidate.path / layout.CONFUSIONS).read_text(encoding="utf-8"))
    for suite, entries in by_suite.items():
        right = _right_answers(reference, suite, [entry["query_id"] for entry in entries])
        for entry in entries:
            key = (entry.pop("query_id"), entry["direction"])
            is_new = right.get(key)
            mistakes.append(Mistake(suite=suite, is_new=is_new, **entry))
    mistakes.sort(key=lambda mistake: -mistake.gap)
    return mistakes[:WORST]


def _entry(
    ids: Sequence[str],
    direction: str,
    queries: Sequence[str],
    candidates: Sequence[str],
    confusion: Confusion,
) -> dict[str, Any]:
    return {
        "query_id": ids[confusion.query],
        "direction": direction,
        "query": queries[confusion.query],
        "retrieved": candidates[confusion.retrieved],
        "gold": candidates[confusion.query],
        "similarity": round(confusion.similarity, 4),
        "gold_similarity": round(confusion.gold_similarity, 4),
    }


def _right_answers(
    reference: Artifact | None, suite: str, ids: Sequence[str]
) -> Mapping[tuple[str, str], bool]:
    """Whether the other encoder is right, by query and direction."""
    if reference is None or layout.outcomes_file(suite) not in reference.files or not ids:
        return {}
    table = tables.read_table(
        reference.path / layout.outcomes_file(suite),
        columns=["query_id", "direction", "correct"],
        filters=[("query_id", "in", set(ids))],
    )
    return {(row["query_id"], row["direction"]): row["correct"] for row in table.to_pylist()}
