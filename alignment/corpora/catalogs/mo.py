"""Parse a .mo file: two tables of (length, offset), the messages and their translations.

The layout is described in the manual of GNU gettext, "The Format of GNU MO Files".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from alignment.corpora.catalogs.entries import GettextEntry, Tally, charset_in, check_charset
from alignment.corpora.skips import OnSkip
from alignment.errors import Malformed

_MAGIC = 0x950412DE
_HEADER = "IIIII"
_CONTEXT_END = "\x04"
_FORM_END = "\x00"
_ORIGIN_CHARACTERS = 40


class _Tables(NamedTuple):
    """Where the strings are."""

    order: str
    """`<` or `>`, the byte order."""
    num_entries: int
    messages: int
    """Offset of the table of messages."""
    translations: int


def read_mo(name: str, data: bytes, on_skip: OnSkip) -> Iterator[GettextEntry]:
    """All entries, the header among them, in the order of the file.

    Raises:
        Malformed: if it is not a .mo file, is truncated, has an unknown charset, or has more broken
            entries than readable ones.
    """
    tables = _tables(name, data)
    charset = _charset(data, tables)
    check_charset(charset, name)
    tally = Tally(on_skip)
    for number in range(tables.num_entries):
        try:
            entry = _entry(name, _strings(data, tables, number), charset)
        except (UnicodeError, IndexError):
            problem = f"entry {number} is outside the file, or not valid {charset}"
            tally.broken(problem, f"{name}#{number}")
        else:
            tally.num_readable += not entry.is_header
            yield entry
    tally.check()


def _tables(name: str, data: bytes) -> _Tables:
    size = struct.calcsize(f"<{_HEADER}")
    for order in "<>":
        if len(data) >= size and struct.unpack_from(f"{order}I", data)[0] == _MAGIC:
            break
    else:
        raise Malformed("not a .mo catalog: it has another first word", where=name)
    _, revision, count, messages, translations = struct.unpack_from(f"{order}{_HEADER}", data)
    if revision >> 16 > 1:
        raise Malformed(f"revision {revision >> 16} of the .mo format is not known", where=name)
    if max(messages, translations) + 8 * count > len(data):
        raise Malformed(
            f"truncated: a table of {count:,} entries reaches past the {len(data):,} bytes",
            where=name,
        )
    return _Tables(order, count, messages, translations)


def _strings(data: bytes, tables: _Tables, number: int) -> tuple[bytes, bytes]:
    """Message and translation of one entry.

    Raises:
        IndexError: if they reach past the end.
    """
    strings = []
    for table in (tables.messages, tables.translations):
        length, offset = struct.unpack_from(f"{tables.order}II", data, table + 8 * number)
        if offset + length > len(data):
            raise IndexError(number)
        strings.append(data[offset : offset + length])
    return strings[0], strings[1]


def _charset(data: bytes, tables: _Tables) -> str:
    for number in range(
        min(tables.num_entries, 1)
    ):  # the entries are sorted, so the header is first
        try:
            message, header = _strings(data, tables, number)
        except IndexError:
            break
        if not message:
            return charset_in(header.decode("latin-1"))
    return "utf-8"


def _entry(name: str, strings: tuple[bytes, bytes], charset: str) -> GettextEntry:
    message = strings[0].decode(charset)
    translation = strings[1].decode(charset)
    context = None
    if _CONTEXT_END in message:
        context, _, message = message.partition(_CONTEXT_END)
    msgid, has_plural, plural = message.partition(_FORM_END)
    label = f"{context}|{msgid}" if context else msgid
    origin = f"{name}#{label[:_ORIGIN_CHARACTERS]}".replace("\n", " ")
    if not has_plural:
        return GettextEntry(msgid, None, {0: translation}, context, origin)
    forms = dict(enumerate(translation.split(_FORM_END)))
    return GettextEntry(msgid, plural, forms, context, origin)
