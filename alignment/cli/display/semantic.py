"""The semantic filter: every language in a table, and the scores of one language as a plot."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Mapping, Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.languages import name as language_name
from alignment.pipeline.explain import ExplainedSemantics
from alignment.report.semantic import semantic_rows
from alignment.report.summary import SemanticFilter

COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "pairs": "right",
    "dropped": "right",
    "noise (%)": "right",
    "separated (%)": "right",
    "threshold": "right",
    "outcome": "left",
}
SCORE_COLUMNS: dict[str, JustifyMethod] = {
    "score from": "right",
    "pairs (%)": "right",
    "of the language": "left",
    "mismatched (%)": "right",
    "of the same texts": "left",
    "": "left",
}
PLOT_ROWS = 20
BAR_LENGTH = 24  # of the longest bar


def print_semantic(filters: Mapping[str, SemanticFilter]) -> None:
    """What the filter learned and dropped, by language; nothing if no language has it."""
    if not filters:
        return
    table = new_table("pairs that are not translations", COLUMNS)
    for row in semantic_rows(filters):
        add_row(table, *row)
    console.print(table)


def print_semantic_scores(explained: ExplainedSemantics, code: str) -> None:
    """What was learned of one language, and the two distributions of its scores as bars."""
    print_semantic({code: explained.result})
    say(f"by clean.semantic: {explained.threshold}, {explained.created}")
    if not explained.result.edges:
        return
    title = f"{language_name(code)}: scores of its pairs, and of mismatched ones"
    table = new_table(title, SCORE_COLUMNS)
    for cells in _plot_rows(explained.result):
        add_row(table, *cells)
    console.print(table)


def _plot_rows(result: SemanticFilter) -> Iterator[list[str]]:
    """A row for some bins, with the threshold in the last cell of the row that it is in."""
    bins = math.ceil(len(result.pair_counts) / PLOT_ROWS)
    starts = result.edges[:-1:bins]
    pairs = _shares(result.pair_counts, bins)
    mismatched = _shares(result.mismatched_counts, bins)
    marked = None
    if result.threshold is not None:
        marked = max(0, bisect.bisect_right(starts, result.threshold) - 1)
    for i, start in enumerate(starts):
        yield [
            f"{start:.2f}",
            percent(pairs[i]),
            _bar(pairs[i], max(pairs)),
            percent(mismatched[i]),
            _bar(mismatched[i], max(mismatched)),
            f"threshold {result.threshold:.2f}" if i == marked else "",
        ]


def _shares(counts: Sequence[int], bins: int) -> list[float]:
    """The share of all counts in each row of `bins` bins."""
    total = max(1, sum(counts))
    shares = []
    for first in range(0, len(counts), bins):
        shares.append(sum(counts[first : first + bins]) / total)
    return shares


def _bar(share: float, largest: float) -> str:
    return "█" * round(BAR_LENGTH * share / largest) if largest else ""
