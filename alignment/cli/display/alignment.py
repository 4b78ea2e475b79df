"""The alignment check of the corpora as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import JustifyMethod
from rich.table import Table

from alignment.cli.display.console import add_row, console, new_table, say
from alignment.report.alignment import AlignmentRow, alignment_rows, verdict_counts
from alignment.report.summary import CorpusCheck

COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "corpus": "left",
    "pairs": "right",
    "cosine": "right",
    "shifted": "right",
    "random": "right",
    "noise (%)": "right",
    "alignment": "left",
}


def print_alignment(
    checks: Mapping[str, Mapping[str, CorpusCheck]], *, also_aligned: bool = False
) -> None:
    """How often each verdict occurs, below a table of the corpora that are not certainly aligned.

    `checks` are by language and corpus; with `also_aligned` the table has all of them.
    """
    rows = alignment_rows(checks)
    shown = [row for row in rows if also_aligned or not row.aligned]
    if shown:
        title = "alignment check" if also_aligned else "corpora that are not certainly aligned"
        table = new_table(title, COLUMNS)
        for row in shown:
            _add_row(table, row)
        console.print(table)
    if rows:
        say(f"Alignment of the corpora, by language: {verdict_counts(rows)}.")


def _add_row(table: Table, row: AlignmentRow) -> None:
    verdict = f"{row.verdict}: {row.message}" if row.message else row.verdict
    cosines = (row.right, row.shifted, row.random)
    add_row(table, row.language, row.corpus, row.pairs, *cosines, row.noise, verdict)
