"""Reading the outcomes that `evaluate` writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alignment import tables
from alignment.retrieval.metrics import TIE


@dataclass
class Answers:
    """One encoder's answers on one suite, by pair."""

    forward: dict[str, bool] = field(default_factory=dict)
    backward: dict[str, bool] = field(default_factory=dict)
    tied: int = 0
    """Queries whose translation is exactly as near as another text."""
    not_finite: int = 0
    """Pairs whose similarity is not a number."""

    def pairs(self) -> set[str]:
        """Ids of the pairs."""
        return set(self.forward)

    def forward_of(self, pairs: Sequence[str]) -> list[bool]:
        """Right or wrong from the pivot, in this order."""
        return [self.forward[pair] for pair in pairs]

    def backward_of(self, pairs: Sequence[str]) -> list[bool]:
        """Right or wrong to the pivot, in this order."""
        return [self.backward[pair] for pair in pairs]


def read_answers(path: Path) -> Answers:
    """The answers in a table with the schema `tables.OUTCOMES`."""
    answers = Answers()
    for row in tables.read(path):
        is_forward = row["direction"] == "forward"
        by_pair = answers.forward if is_forward else answers.backward
        by_pair[row["query_id"]] = row["correct"]
        if not math.isfinite(row["similarity"]):
            answers.not_finite += is_forward
        elif abs(row["similarity"] - row["best_wrong"]) <= TIE:
            answers.tied += 1
    return answers
