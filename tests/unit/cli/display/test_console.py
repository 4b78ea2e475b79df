"""Text from data, paths and names is printed as it is, whatever brackets it has."""

from __future__ import annotations

import errno
import io

import pytest

from alignment.cli.display.console import (
    PlainConsole,
    add_row,
    console,
    new_table,
    percent,
    say,
    styled,
)
from alignment.errors import AlignmentError


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


def test_control_characters_and_secrets() -> None:
    with console.capture() as capture:
        say("\x1b[2J a\nb", (" \u202e", "dim"), " https://me:pw@host/?token=x :smile:")
    assert capture.get() == "\\x1b[2J a\\nb \\u202e https://host/?token=*** :smile:\n"
    assert styled(styled("\x07"), "\x08").plain == "\\x07\\x08"


class _Output(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str) -> int:
        raise self.error


def test_a_reader_that_has_gone_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", _Output(BrokenPipeError()))
    plain = PlainConsole()
    plain.print("x")
    plain.print("y")
    assert plain.quiet


def test_a_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", _Output(OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(AlignmentError, match="cannot be written: No space left"):
        PlainConsole().print("x")


@pytest.mark.parametrize(
    ("share", "digits", "text"), [(0.8754, 1, "87.5"), (1.0, 1, "100.0"), (0.5, 0, "50")]
)
def test_percent(share: float, digits: int, text: str) -> None:
    assert percent(share, digits) == text
