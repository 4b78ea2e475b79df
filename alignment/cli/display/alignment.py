"""The alignment check of the corpora: what is wrong, and a table of all results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, say
from alignment.report.alignment import AlignmentRow, alignment_rows, verdict_counts
from alignment.report.summary import CorpusCheck

Checks = Mapping[str, Mapping[str, CorpusCheck]]
"""By language and corpus."""

COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "corpus": "left",
    "pairs": "right",
    "cosine": "right",
    "shifted": "right",
    "random": "right",
    "noise (%)": "right",
    "verdict": "left",
}


def print_alignment(checks: Checks) -> None:
    """A line for each corpus that has a fault, and one that counts the verdicts."""
    rows = alignment_rows(checks)
    _print_messages([row for row in rows if row.is_fault])
    _print_counts(rows)


def print_alignment_table(checks: Checks) -> None:
    """The mean cosines, the noise and the verdict of every corpus, then what is not aligned."""
    rows = alignment_rows(checks)
    table = new_table("alignment check: mean cosines", COLUMNS)
    for row in rows:
        cosines = (row.right, row.shifted, row.random)
        add_row(table, row.language, row.corpus, row.pairs, *cosines, row.noise, row.verdict)
    console.print(table)
    _print_messages([row for row in rows if row.message])
    _print_counts(rows)


def _print_messages(rows: Sequence[AlignmentRow]) -> None:
    for row in rows:
        style = "red" if row.is_fault else "dim"
        say((row.verdict, style), f": {row.corpus}, {row.language}: {row.message}")


def _print_counts(rows: Sequence[AlignmentRow]) -> None:
    if rows:
        say(f"Alignment of the corpora, by language: {verdict_counts(rows)}.")
