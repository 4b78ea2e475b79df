r"""Parse a .po file as GNU gettext reads it.

    #, fuzzy
    msgctxt "menu"
    msgid "One file was found."
    msgid_plural "%d files were found."
    msgstr[0] "Eine Datei wurde gefunden."
    msgstr[1] "%d Dateien wurden gefunden."

Only `\n` ends a line. A string may hold U+0085 or U+2028, and octal and hexadecimal escapes are
bytes in the catalog's charset. The entry is the unit of damage: an unterminated string, an unknown
keyword or a byte that the charset does not have costs its entry and no other.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from alignment.corpora.catalogs.entries import GettextEntry, Tally, charset_in, check_charset
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

_TOKEN = re.compile(
    r"""[ \t\r\f\v]*(?:
        (?P<keyword>[A-Za-z_]+) (?:[ \t]*\[[ \t]*(?P<index>[0-9]{1,3})[ \t]*\])?
      | "(?P<string>(?:[^"\\]|\\.)*)"
      | (?P<comment>\#.*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_SIMPLE_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}
_SPACE = " \t\r\f\v"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN_CHARACTERS = 40


@dataclass
class _Draft:
    """An entry while its lines are read; its strings are as written."""

    line: int
    """Of its first keyword, from 1."""
    fuzzy: bool = False
    context: list[str] | None = None
    msgid: list[str] | None = None
    plural: list[str] | None = None
    forms: dict[int, list[str]] = field(default_factory=dict)
    problem: str = ""
    """Why it cannot be read; empty if it can."""
    problem_line: int = 0

    def fail(self, problem: str, line: int) -> None:
        """Mark it as broken; the first problem counts."""
        if not self.problem:
            self.problem = problem
            self.problem_line = line


def read_po(name: str, data: bytes, on_skip: OnSkip) -> Iterator[GettextEntry]:
    """All entries but the obsolete ones, the header among them, in the order of the file.

    Raises:
        Malformed: if the charset is unknown, or more entries are broken than readable.
    """
    text, charset = _decode(name, data)
    tally = Tally(on_skip)
    for draft in _drafts(text):
        entry = _finished(name, draft, charset)
        if entry is None:
            tally.broken(draft.problem, f"{name}:{draft.problem_line}")
        else:
            tally.num_readable += not entry.is_header
            yield entry
    tally.check()


def _decode(name: str, data: bytes) -> tuple[str, str]:
    """The text with undecodable bytes as surrogates, and the charset."""
    charset = "utf-16"
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _with_newlines(data.decode(charset)), "utf-8"
        data = data.removeprefix(codecs.BOM_UTF8)
        charset = _charset(data)
        check_charset(charset, name)
        return _with_newlines(data.decode(charset, "surrogateescape")), charset
    except UnicodeError as error:  # a charset in which even the letters of ASCII can be wrong
        raise Malformed(f"not valid {charset} ({error})", where=name) from error


def _with_newlines(text: str) -> str:
    text = text.replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _charset(data: bytes) -> str:
    """What the header says. Comments and messages that mention a charset do not count."""
    for draft in _drafts(_with_newlines(data.decode("latin-1"))):
        is_header = draft.context is None and draft.msgid is not None and not any(draft.msgid)
        if is_header:
            return charset_in(_unescape(draft.forms.get(0, [])) or "")
    return "utf-8"


def _drafts(text: str) -> Iterator[_Draft]:
    parser = _Parser()
    for number, line in enumerate(text.split("\n"), 1):
        parser.line = number
        yield from parser.read(line.strip(_SPACE))
    yield from parser.end_entry()


@dataclass
class _Parser:
    """Puts the strings of each line into the current entry."""

    line: int = 0
    draft: _Draft | None = None
    strings: list[str] | None = None
    """Where the next string belongs."""
    fuzzy: bool = False
    """The next entry has this flag."""

    def read(self, line: str) -> Iterator[_Draft]:
        """Read one line without spaces around it; yields the entries that it ends."""
        if line.startswith("#"):
            self._comment(line)
            return
        position = 0
        while position < len(line):
            match = _TOKEN.match(line, position)
            if match is None:
                self._fail(_unreadable(line[position:]))
                return
            if match["keyword"] is not None:
                yield from self._keyword(match["keyword"], match["index"])
            elif match["string"] is not None:
                self._string(match["string"])
            position = match.end()

    def end_entry(self) -> Iterator[_Draft]:
        """The current entry, which is complete now; nothing before the first one."""
        if self.draft is not None:
            _check_parts(self.draft)
            yield self.draft
        self.draft = None
        self.strings = None

    def _comment(self, line: str) -> None:
        if line.startswith("#~"):
            self.fuzzy = False  # the flag before it was the obsolete entry's
        elif line.startswith(("#,", "#=")):  # GNU gettext needs no space after the comma
            flags = [flag.strip(_SPACE) for flag in line[2:].split(",")]
            self.fuzzy = self.fuzzy or "fuzzy" in flags

    def _keyword(self, keyword: str, index: str | None) -> Iterator[_Draft]:
        if self._begins_entry(keyword):
            yield from self.end_entry()
            self.draft = _Draft(self.line, self.fuzzy)
            self.fuzzy = False
        self.strings = []
        if keyword == "domain":
            return  # its string is no text
        draft = self._current()
        if keyword == "msgctxt":
            draft.context = self.strings
        elif keyword == "msgid":
            draft.msgid = self.strings
        elif keyword == "msgid_plural":
            draft.plural = self.strings
        elif keyword == "msgstr":
            self._form(draft, index)
        else:
            self._fail(f"unknown keyword {keyword[:_SHOWN_CHARACTERS]!r}")

    def _form(self, draft: _Draft, index: str | None) -> None:
        number = int(index or 0)
        if number in draft.forms:
            self._fail("the entry has two translations for one form")
        if (index is None) != (draft.plural is None):
            self._fail("an indexed msgstr and msgid_plural belong together")
        draft.forms[number] = self.strings = []

    def _begins_entry(self, keyword: str) -> bool:
        if keyword == "msgid":
            draft = self.draft
            return draft is None or draft.msgid is not None or draft.context is None
        return keyword == "msgctxt"

    def _current(self) -> _Draft:
        if self.draft is None:
            self.draft = _Draft(self.line)
        return self.draft

    def _string(self, string: str) -> None:
        if self.strings is None:
            self._fail("a string without a keyword")
        else:
            self.strings.append(string)

    def _fail(self, problem: str) -> None:
        self._current().fail(problem, self.line)


def _unreadable(rest: str) -> str:
    if rest.lstrip(_SPACE).startswith('"'):
        return "the string has no closing quote"
    return f"expected a keyword or a string, got {rest[:_SHOWN_CHARACTERS]!r}"


def _check_parts(draft: _Draft) -> None:
    if draft.msgid is None:
        draft.fail("the entry has no msgid", draft.line)
    elif not draft.forms:
        draft.fail("the entry has no msgstr", draft.line)


def _finished(name: str, draft: _Draft, charset: str) -> GettextEntry | None:
    """The entry with its strings decoded; None, with the problem noted, if it is broken."""
    if draft.problem:
        return None
    strings = [draft.msgid, draft.plural, draft.context, *draft.forms.values()]
    texts = []
    for pieces in strings:
        text = None if pieces is None else _text(pieces, charset)
        if pieces is not None and text is None:
            draft.fail(f"an escape or a byte that is not valid in {charset}", draft.line)
            return None
        texts.append(text)
    msgid, plural, context, *translations = texts
    forms = {index: text or "" for index, text in zip(draft.forms, translations, strict=True)}
    return GettextEntry(msgid or "", plural, forms, context, f"{name}:{draft.line}", draft.fuzzy)


def _text(pieces: list[str], charset: str) -> str | None:
    """The string that was written in pieces; None if it is not valid in the charset."""
    text = _unescape(pieces)
    if text is None or not _SURROGATE.search(text):
        return text
    try:  # escaped bytes and undecodable ones are surrogates so far
        return text.encode(charset, "surrogateescape").decode(charset)
    except UnicodeError:
        return None


def _unescape(pieces: list[str]) -> str | None:
    """With escaped bytes from 0x80 as surrogates; None if an escape is not known."""
    try:
        return "".join([_ESCAPE.sub(_unescaped, piece) for piece in pieces])
    except KeyError:
        return None


def _unescaped(match: re.Match[str]) -> str:
    octal, hexadecimal, simple = match.groups()
    if simple is not None:
        return _SIMPLE_ESCAPES[simple]
    value = int(octal, 8) if octal is not None else int(hexadecimal, 16)
    return bytes([value & 0xFF]).decode("ascii", "surrogateescape")
