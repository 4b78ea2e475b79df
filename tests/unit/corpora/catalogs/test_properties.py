"""Lines of .properties files that cannot be read."""

from __future__ import annotations

from alignment.corpora.catalogs.properties_messages import read_properties


def test_after_a_broken_line_the_next_one_is_read() -> None:
    skipped: list[tuple[str, str]] = []
    data = b"a=one \\\n  two\nb=\\u00#\nc=\\u12 \\\n more\n# \\u00# in a comment\nd=three\ne=\\"
    texts = read_properties(
        "x.properties", data, lambda reason, where: skipped.append((reason, where))
    )
    assert texts.messages == {("a",): ("one two",), ("d",): ("three",), ("e",): ("",)}
    assert [where for _, where in skipped] == ["x.properties:3", "x.properties:4"]


def test_a_row_of_backslashes_is_a_broken_line() -> None:
    """The parser would take minutes for it."""
    skipped: list[str] = []
    data = b"a=one\nb=" + b"\\" * 400_000 + b"\nc=two\nd=\\\\\n"
    texts = read_properties("x.properties", data, lambda _, where: skipped.append(where))
    assert texts.messages == {("a",): ("one",), ("c",): ("two",), ("d",): ("\\",)}
    assert skipped == ["x.properties:2"]
