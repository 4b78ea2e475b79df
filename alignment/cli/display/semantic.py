"""The semantic filter of every language, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table
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


def print_semantic(filters: Mapping[str, SemanticFilter]) -> None:
    """What the filter learned and dropped, by language; nothing if no language has it."""
    if not filters:
        return
    table = new_table("pairs that are not translations", COLUMNS)
    for row in semantic_rows(filters):
        add_row(table, *row)
    console.print(table)
