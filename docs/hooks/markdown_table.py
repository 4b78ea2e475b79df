"""Tables in Markdown."""

from __future__ import annotations


def cell(text: str) -> str:
    """The text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
