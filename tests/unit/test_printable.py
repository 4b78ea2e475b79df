"""Control characters are shown, not obeyed; text of every script stays as it is."""

import pytest

from alignment.printable import printable, printable_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb\x08", "a\\rb\\x08"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("name\udcff.tsv", "name\\udcff.tsv"),
        ("\x00\x7f\u2028", "\\x00\\x7f\\u2028"),
    ],
)
def test_controls(text: str, shown: str) -> None:
    assert printable(text) == printable_line(text) == shown


@pytest.mark.parametrize("text", ["日本 [x]", "नमस्‍ते می‌خواهم", "א\u200fב\t|", "👩‍👩‍👧 é"])
def test_text_stays(text: str) -> None:
    assert printable(text) == printable_line(text) == text


def test_line_ends() -> None:
    assert printable("a\n  hint") == "a\n  hint"
    assert printable_line("a\nb") == "a\\nb"
