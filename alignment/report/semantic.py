"""The semantic filter of every language as text, for tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alignment import languages
from alignment.report.accuracy import percent
from alignment.report.summary import SemanticFilter

OUTCOMES = {
    "filtered": "filtered",
    "measured": "measured, nothing dropped",
    "too_few_pairs": "left alone: too few pairs",
    "not_separated": "left alone: not separated",
}


class SemanticRow(NamedTuple):
    """One language; shares are in percent."""

    language: str
    pairs: str
    dropped: str
    noise: str
    separation: str
    threshold: str
    outcome: str


def semantic_rows(filters: Mapping[str, SemanticFilter]) -> list[SemanticRow]:
    """One row for each language in `filters`, which are by code."""
    rows = []
    for code, result in filters.items():
        learned = result.outcome != "too_few_pairs"
        rows.append(
            SemanticRow(
                languages.name(code),
                f"{result.pairs:,}",
                f"{result.dropped:,}",
                percent(result.noise) if learned else "",
                percent(result.separation) if learned else "",
                "" if result.threshold is None else f"{result.threshold:.2f}",
                OUTCOMES[result.outcome],
            )
        )
    return rows


def by_name(filters: Mapping[str, SemanticFilter]) -> dict[str, SemanticFilter]:
    """The results by the name of the language instead of its code."""
    return {languages.name(code): result for code, result in filters.items()}
