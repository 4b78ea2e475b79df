"""One message catalog (.po, .mo or JSON) as sentence pairs.

The message id is the pivot side (English by convention), the translation is the other side. Fuzzy,
obsolete and untranslated entries are skipped. A plural entry gives two pairs: the singular with the
form for 1, and the plural with the form for 5, a count that takes the general plural form in
languages with several.
"""

from __future__ import annotations

import gettext
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

import polib

from alignment.corpora.json_catalog import read_json_catalog
from alignment.errors import Malformed
from alignment.types import SentencePair

_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.-]+)")
_PLURAL = re.compile(r"plural\s*=\s*([^;]+)")
_ONE = 1
_MANY = 5
_ORIGIN_CHARACTERS = 40


class Catalog(NamedTuple):
    """One catalog file."""

    name: str
    """Name in the origin of its pairs."""
    suffix: str
    """`po`, `mo` or `json`."""
    data: bytes
    pivot: bytes = b""
    """The pivot's file; only for a JSON catalog."""


def read_catalog(catalog: Catalog) -> Iterator[SentencePair]:
    """The translated messages, in the order of the file.

    Raises:
        Malformed: if the catalog cannot be parsed.
    """
    if catalog.suffix == "json":
        yield from read_json_catalog(catalog.name, catalog.data, catalog.pivot)
        return
    entries = _parse(catalog)
    plural_index = _plural_rule(entries.metadata.get("Plural-Forms", ""))
    for entry in entries:
        fuzzy = getattr(entry, "fuzzy", False)  # entries of .mo have no such attribute
        if entry.obsolete or fuzzy or not entry.msgid:
            continue
        if entry.msgid_plural:
            yield from _plural_pairs(catalog, entry, plural_index)
        elif entry.msgstr:
            yield SentencePair(entry.msgid, entry.msgstr, _origin(catalog, entry))


def _plural_pairs(
    catalog: Catalog, entry: polib.POEntry | polib.MOEntry, plural_index: Callable[[int], int]
) -> Iterator[SentencePair]:
    forms = {int(index): text for index, text in entry.msgstr_plural.items()}
    origin = _origin(catalog, entry)
    singular = forms.get(plural_index(_ONE))
    plural = forms.get(plural_index(_MANY))
    if singular:
        yield SentencePair(entry.msgid, singular, origin)
    if plural and plural_index(_MANY) != plural_index(_ONE):
        yield SentencePair(entry.msgid_plural, plural, origin)


def _parse(catalog: Catalog) -> polib.POFile | polib.MOFile:
    try:
        if catalog.suffix == "mo":
            return _parse_mo(catalog.data)
        return polib.pofile(catalog.data.decode(_charset(catalog.data)))
    except UnicodeDecodeError as error:
        line = catalog.data.count(b"\n", 0, error.start) + 1
        raise Malformed(
            f"not valid {error.encoding}: {error.reason}", where=f"{catalog.name}:{line}"
        ) from error
    except (OSError, LookupError, ValueError, TypeError, IndexError, OverflowError) as error:
        line_number = re.search(r"line (\d+)", str(error))
        where = f"{catalog.name}:{line_number.group(1)}" if line_number else catalog.name
        raise Malformed(
            f"not a readable {catalog.suffix} catalog ({type(error).__name__})", where=where
        ) from error
    except Exception as error:  # polib lets struct.error through, among others
        raise Malformed(
            f"not a readable {catalog.suffix} catalog ({error})", where=catalog.name
        ) from error


def _parse_mo(data: bytes) -> polib.MOFile:
    with tempfile.NamedTemporaryFile(suffix=".mo") as file:  # polib reads .mo from a path only
        file.write(data)
        file.flush()
        return polib.mofile(file.name)


def _charset(data: bytes) -> str:
    match = _CHARSET.search(data)
    if match is None or match.group(1) == b"CHARSET":  # the placeholder in a template
        return "utf-8"
    return match.group(1).decode()


def _plural_rule(header: str) -> Callable[[int], int]:
    """A function from a count to the index of its plural form; English's if the header has none.

    `gettext.c2py` accepts only integer arithmetic on `n`.
    """
    match = _PLURAL.search(header)
    if match is None:
        return _english_plural
    try:
        return gettext.c2py(match.group(1))
    except ValueError:
        return _english_plural


def _english_plural(n: int) -> int:
    return int(n != 1)


def _origin(catalog: Catalog, entry: polib.POEntry | polib.MOEntry) -> str:
    """File and line of a .po entry; file, context and start of the message of a .mo entry."""
    line = getattr(entry, "linenum", None)
    if line:
        return f"{catalog.name}:{line}"
    text = f"{entry.msgctxt}|{entry.msgid}" if entry.msgctxt else entry.msgid
    return f"{catalog.name}#{text[:_ORIGIN_CHARACTERS]}".replace("\n", " ")
