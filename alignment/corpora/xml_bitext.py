"""TMX, XLIFF and Qt's TS files as translation units, streamed.

The languages are found by a search for the tags that name them, which takes a fraction of the time
of parsing: a language may occur for the first time in the last unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from alignment.corpora import qt_ts, tmx, xliff
from alignment.corpora.skips import OnSkip
from alignment.corpora.streams import file_format
from alignment.corpora.tmx import Outcome, Text
from alignment.corpora.xliff import Reading
from alignment.corpora.xml_stream import open_xml
from alignment.corpora.xml_units import XmlUnit, read_units

_CHUNK_BYTES = 2**20
_LONGEST_TAG = 2**14
_VARIANT = re.compile(
    rb"<(?:[\w.-]+:)?tuv\s(?:[^<>]*?\s)?(?:xml:)?lang\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')"
)
_NAMING = re.compile(rb"<(?:[\w.-]+:)?(xliff|file|source|target|TS)((?:\s[^<>]*)?)>")
# A name is tried once, from its first character: a tag may be one long word.
_ATTRIBUTE = re.compile(rb"(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)')")
_SOURCE_KEYS = {
    b"xliff": {b"srcLang"},
    b"file": {b"source-language"},
    b"source": {b"xml:lang"},
    b"target": set(),
    b"TS": {b"sourcelanguage"},
}
_TARGET_KEYS = {
    b"xliff": {b"trgLang"},
    b"file": {b"target-language"},
    b"source": set(),
    b"target": {b"xml:lang"},
    b"TS": {b"language"},
}
"""The attributes that name a language, by the name of the element."""
_PHRASE_TAG = re.compile(r"\{(?:\d+|[a-z_^]{1,3})>|<(?:\d+|[a-z_^]{1,3})\}|\{\d+\}")
"""Phrase writes tags into the text: `{1}`, `{b>bold<b}`."""


class Unit(NamedTuple):
    """One text in several languages."""

    origin: str
    """`file name:number of the unit`, from 1."""
    texts: list[Text]
    """Language, as the file spells it, and text; one language may have several texts."""


class Languages(NamedTuple):
    """The languages that a file names, in its spelling."""

    all: frozenset[str]
    unlabelled: bool
    """Whether it has translations, but no language of any of them."""


def units(path: Path, on_skip: OnSkip, reading: Reading | None = None) -> Iterator[Unit]:
    """The translated units, in the file's order; `on_skip` hears why the others are left out.

    Raises:
        Malformed: if the file has another format, or ends too early.
        UnsafeArchive: if it declares entities.
    """
    reading = reading or Reading()
    has_tags = file_format(path) == "mxliff"
    for unit in read_units(path, on_skip):
        origin = f"{path.name}:{unit.number}"
        for outcome in _outcomes(unit, reading):
            if isinstance(outcome, str):
                on_skip(outcome, origin)
            elif has_tags:
                yield Unit(origin, [_without_phrase_tags(text) for text in outcome])
            else:
                yield Unit(origin, outcome)


def _outcomes(unit: XmlUnit, reading: Reading) -> Iterable[Outcome]:
    if unit.root == "xliff":
        return xliff.segments(unit, reading)
    if unit.root == "TS":
        return (qt_ts.message(unit, reading),)
    return (tmx.variants(unit.element),)


def _without_phrase_tags(labelled: Text) -> Text:
    language, text = labelled
    return language, _PHRASE_TAG.sub("", text)


def languages_of(path: Path) -> Languages:
    """The languages of all units.

    Raises:
        Malformed: if the file cannot be decompressed or decoded.
    """
    sources: set[bytes] = set()
    targets: set[bytes] = set()
    has_targets = False
    for part in _parts(path):
        for double, single in _VARIANT.findall(part):
            targets.add(double or single)
        for tag, text in _NAMING.findall(part):
            has_targets |= tag in (b"target", b"TS")
            attributes = _attributes(text)
            for key in _SOURCE_KEYS[tag] & attributes.keys():
                sources.add(attributes[key])
            for key in _TARGET_KEYS[tag] & attributes.keys():
                targets.add(attributes[key])
            if tag == b"TS":
                sources.add(attributes.get(b"sourcelanguage", b"en"))
    codes = (sources | targets) - {b""}
    names = [unescape(code.decode("utf-8", "replace")) for code in codes]
    return Languages(frozenset(names), has_targets and not targets)


def _parts(path: Path) -> Iterator[bytes]:
    """The file in parts, none of which ends inside a tag."""
    rest = b""
    with open_xml(path) as file:
        while chunk := file.read(_CHUNK_BYTES):
            data = rest + chunk
            end = data.rfind(b"<", max(0, len(data) - _LONGEST_TAG))
            end = len(data) if end < 0 else end
            yield data[:end]
            rest = data[end:]
    yield rest


def _attributes(text: bytes) -> dict[bytes, bytes]:
    if not text:  # most `source` and `target` elements have none
        return {}
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(text)}
