"""The terminal: styled lines and tables whose text is never read as markup or control codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from alignment.cli import output
from alignment.printable import printable_line
from alignment.redaction import redacted

Piece = str | tuple[str, str] | Text
"""Plain text, text with its style, or text made by `styled`."""


class PlainConsole(Console):
    """A console on which text means itself: no markup, no emoji codes, no highlighting."""

    def __init__(self) -> None:
        super().__init__(markup=False, emoji=False, highlight=False)

    def print(self, *values: Any, **options: Any) -> None:
        """As Rich's.

        Raises:
            AlignmentError: if the output cannot be written, such as on a full disk.
        """
        try:
            super().print(*values, **options)
        except OSError as error:
            raise output.unwritable(error) from error

    def on_broken_pipe(self) -> None:
        """The reader has gone; Rich would end the run, which has more to do than to print."""
        self.quiet = True
        output.discard(sys.stdout)


console = PlainConsole()


def shows_progress() -> bool:
    """Whether bars and spinners make sense: on a terminal, outside of CI."""
    return console.is_terminal and not os.environ.get("CI")


def styled(*pieces: Piece) -> Text:
    """One line of text on which brackets are brackets, and control characters are escapes."""
    return Text.assemble(*[_plain(piece) for piece in pieces])


def say(*pieces: Piece) -> None:
    """Print one line, however long."""
    console.print(styled(*pieces), soft_wrap=True)


def new_table(title: str, columns: Mapping[str, JustifyMethod]) -> Table:
    """A table with these columns."""
    table = Table(title=styled((title, "bold")), title_justify="left")
    for header, justify in columns.items():
        is_number = justify == "right"
        table.add_column(styled(header), justify=justify, no_wrap=is_number, overflow="fold")
    return table


def add_row(table: Table, *cells: Piece) -> None:
    """Add a row of text."""
    table.add_row(*[styled(cell) for cell in cells])


def percent(share: float, digits: int = 1) -> str:
    """A share in [0, 1] as percent, without the sign."""
    return f"{100 * share:.{digits}f}"


def _plain(piece: Piece) -> tuple[str, str] | Text:
    if isinstance(piece, Text):
        return piece
    text, style = (piece, "") if isinstance(piece, str) else piece
    return printable_line(redacted(text)), style
