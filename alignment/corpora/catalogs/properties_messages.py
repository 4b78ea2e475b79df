"""Java and Mozilla catalogs (.properties). Parsed by the library `javaproperties`.

`MessageFormat` writes an apostrophe twice: `error=Can''t open {0}`. Mozilla's `PluralForm`
separates the forms of a message by semicolons: `items=#1 item;#1 items`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import javaproperties

from alignment.corpora.catalogs.decoding import decoded
from alignment.corpora.catalogs.entries import NO_PLURAL_RULE, UNREADABLE_CHOICE, Tally
from alignment.corpora.catalogs.texts import Texts
from alignment.corpora.catalogs.variants import Message, Select
from alignment.corpora.skips import OnSkip

_ARGUMENT = re.compile(r"\{\d+\s*[,}]")
_CHOICE = re.compile(r"\{\s*\d+\s*,\s*choice\s*,")
_LOGICAL_LINE = re.compile(r"(?:[^\\\n]|\\.)*\n?", re.DOTALL)
_ENDLESS = "\\" * 1000
"""The parser takes time with the square of such a row."""
_NO_TEXT = (".accesskey", ".commandkey", ".key", ".keycode", ".mnemonic", ".shortcut", ".width")
_FORMS_BY_COUNT = "#1"  # Mozilla's PluralForm: forms separated by semicolons


def read_properties(name: str, data: bytes, on_skip: OnSkip) -> Texts:
    """All values. UTF-8 where it is valid, else ISO-8859-1, as Java did before version 9.

    Raises:
        Malformed: if more entries are broken than readable.
    """
    text = decoded(name, data, fallback="iso-8859-1")
    tally = Tally(on_skip)
    texts = Texts()
    for key, value in _entries(name, text, tally):
        tally.num_readable += 1
        if key.lower().endswith(_NO_TEXT):
            continue
        where = f"{name}#{key}"
        if _CHOICE.search(value):
            on_skip(UNREADABLE_CHOICE, where)
            continue
        message = _message(value)
        if message is None:
            on_skip(NO_PLURAL_RULE, where)
        else:
            texts.messages[(key,)] = message
    tally.check()
    return texts


def _entries(name: str, text: str, tally: Tally) -> Iterator[tuple[str, str]]:
    r"""Keys and values. The parser stops at an invalid `\u`, so it gets one line at a time."""
    following = 1
    for line in _LOGICAL_LINE.findall(text):
        number = following
        following += line.count("\n")
        if _ENDLESS in line:
            tally.broken("a row of backslashes", f"{name}:{number}")
            continue
        try:
            for element in javaproperties.parse(line):
                if isinstance(element, javaproperties.KeyValue):
                    yield element.key, element.value
        except javaproperties.InvalidUEscapeError as error:
            tally.broken(str(error), f"{name}:{number}")


def _message(value: str) -> Message | None:
    """The value, or its singular and plural; None for more forms, which have no common order."""
    if _ARGUMENT.search(value):
        value = value.replace("''", "'")  # MessageFormat's way to write an apostrophe
    value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if _FORMS_BY_COUNT not in value or ";" not in value:
        return (value,)
    forms = value.split(";")
    if len(forms) == 2:
        singular, plural = forms
        return (Select(_FORMS_BY_COUNT, {"one": (singular,), "other": (plural,)}, "other"),)
    return None
