"""Text from data, paths and names is printed as it is, whatever brackets it has."""

from __future__ import annotations

import pytest

from alignment.cli.display.console import add_row, console, new_table, percent, say


def test_say_keeps_brackets_and_does_not_wrap() -> None:
    line = "corpus [bold]x[/bold] at /data/[v1]/" + "x" * 200
    with console.capture() as capture:
        say(line, (" [red]styled[/red]", "red"))
    assert capture.get() == f"{line} [red]styled[/red]\n"


def test_say_does_not_read_a_closing_tag() -> None:
    with console.capture() as capture:
        say("[/nothing]")  # Rich raises MarkupError on this
    assert capture.get() == "[/nothing]\n"


def test_table_keeps_brackets_everywhere() -> None:
    table = new_table("title [b]", {"column [c]": "left", "[right]": "right"})
    add_row(table, "cell [d]", ("styled [e]", "red"))
    with console.capture() as capture:
        console.print(table)
    for text in ("title [b]", "column [c]", "[right]", "cell [d]", "styled [e]"):
        assert text in capture.get()


@pytest.mark.parametrize(
    ("share", "digits", "text"), [(0.8754, 1, "87.5"), (1.0, 1, "100.0"), (0.5, 0, "50")]
)
def test_percent(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text
