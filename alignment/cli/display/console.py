"""The terminal: styled lines and tables whose text is never read as markup."""

from __future__ import annotations

import os
from collections.abc import Mapping

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

Piece = str | tuple[str, str] | Text
"""Plain text, text with its style, or text that is styled already."""

console = Console(highlight=False)


def shows_progress() -> bool:
    """Whether bars and spinners make sense: on a terminal, outside of CI."""
    return console.is_terminal and not os.environ.get("CI")


def say(*pieces: Piece) -> None:
    """Print one line, however long; brackets in the text stay as they are."""
    console.print(Text.assemble(*pieces), soft_wrap=True)


def new_table(title: str, columns: Mapping[str, JustifyMethod]) -> Table:
    """A table with these columns."""
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for header, justify in columns.items():
        is_number = justify == "right"
        table.add_column(Text(header), justify=justify, no_wrap=is_number, overflow="fold")
    return table


def add_row(table: Table, *cells: Piece) -> None:
    """Add a row of text."""
    table.add_row(*[Text.assemble(cell) for cell in cells])


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as percent, without the sign."""
    return f"{100 * share:.{digits}f}"
