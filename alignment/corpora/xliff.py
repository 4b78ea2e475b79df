"""Units of XLIFF 1.2 and 2.x, and of the translation tools that write XLIFF under other names.

A unit of 1.2, and one of 2.x:

    <trans-unit id="1"><source>House</source><target state="final">Tŷ</target></trans-unit>
    <unit id="1"><segment state="final"><source>House</source><target>Tŷ</target></segment></unit>

Sentences that 1.2 marks inside a unit (`mrk` of type `seg`) are paired by their `mid`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from alignment.config import MinState
from alignment.corpora import xliff_state
from alignment.corpora.inline import child, text_of
from alignment.corpora.tmx import UNTRANSLATED, Outcome
from alignment.corpora.xml_units import Tag, XmlUnit

NO_TARGET_LANGUAGE = "no target language"
NO_SOURCE_LANGUAGE = "no source language"
PARTLY_TRANSLATED = "partly translated"
NO_PARTNER = "segment without a partner"


class Reading(NamedTuple):
    """How units are read."""

    min_state: MinState = "translated"
    target_language: str | None = None
    """Language of targets for which the file names none."""


class _Piece(NamedTuple):
    """What is paired: a whole unit or segment, or a marked sentence."""

    source: str
    target: str
    source_language: str | None
    """What `xml:lang` says."""
    target_language: str | None


def segments(unit: XmlUnit, reading: Reading) -> Iterator[Outcome]:
    """Source and target of each segment, or the reason why it is skipped."""
    if xliff_state.not_translatable(unit.context, unit.element.attrib):
        yield xliff_state.NOT_TRANSLATABLE
        return
    version_1 = unit.element.tag == "trans-unit"
    pieces = _pieces_1(unit.element, reading) if version_1 else _pieces_2(unit.element, reading)
    for piece in pieces:
        yield piece if isinstance(piece, str) else _labelled(unit, piece, reading)


def _pieces_1(unit: Element, reading: Reading) -> Iterator[_Piece | str]:
    source = child(unit, "source")
    target = child(unit, "target")
    if source is None or target is None or not _has_text(target):
        yield UNTRANSLATED
        return
    reason = xliff_state.refusal_of_unit(unit.attrib, target.attrib, reading.min_state)
    if reason is not None:
        yield reason
        return
    states = xliff_state.states_of_segments(unit)
    for match in _matched(unit, source, target):
        if isinstance(match, str):
            yield match
            continue
        mid, source_part, target_part = match
        piece = _piece(source_part, target_part, source, target)
        state = states.get(mid, {})
        yield xliff_state.refusal_of_segment(state, reading.min_state) or piece


def _pieces_2(unit: Element, reading: Reading) -> Iterator[_Piece | str]:
    for segment in unit:
        if segment.tag != "segment":
            continue
        source = child(segment, "source")
        target = child(segment, "target")
        if source is None or target is None or not _has_text(target):
            yield UNTRANSLATED
            continue
        reason = xliff_state.refusal_of_segment_2(segment.attrib, reading.min_state)
        yield reason or _piece(source, target, source, target)


_Match = tuple[str, Element, Element]
"""`mid`, source and target."""


def _matched(unit: Element, source: Element, target: Element) -> Iterator[_Match | str]:
    """The marked sentences that both sides have, or both whole sides."""
    segmented = child(unit, "seg-source")
    sources = _marks(source if segmented is None else segmented)
    targets = _marks(target)
    if sources and targets:
        yield from _by_mid(sources, targets)
    elif len(targets) > 1 and not all(map(_has_text, targets.values())):
        yield PARTLY_TRANSLATED
    else:
        only = next(iter(sources or targets), "")
        yield only, source, target


def _by_mid(
    sources: Mapping[str, Element], targets: Mapping[str, Element]
) -> Iterator[_Match | str]:
    for mid, source in sources.items():
        target = targets.get(mid)
        if target is None or not _has_text(target):
            yield UNTRANSLATED
        elif mid.startswith(_NO_ID):
            yield NO_PARTNER
        else:
            yield mid, source, target
    for mid, target in targets.items():
        if mid not in sources and _has_text(target):
            yield NO_PARTNER


_NO_ID = "\0"


def _marks(side: Element) -> dict[str, Element]:
    """The marked sentences by `mid`, in the order of the text.

    A sentence without an id, or with one that came before, gets one that begins with `_NO_ID`.
    """
    marks: dict[str, Element] = {}
    for number, mark in enumerate(side.iter("mrk")):
        if mark.get("mtype") == "seg":
            mid = mark.get("mid", "")
            is_new = mid != "" and mid not in marks
            marks[mid if is_new else f"{_NO_ID}{number}"] = mark
    return marks


def _piece(source: Element, target: Element, all_source: Element, all_target: Element) -> _Piece:
    languages = (all_source.get("xml:lang"), all_target.get("xml:lang"))
    return _Piece(text_of(source), text_of(target), *languages)


def _labelled(unit: XmlUnit, piece: _Piece, reading: Reading) -> Outcome:
    source_language, target_language = file_languages(unit.context)
    source_language = piece.source_language or source_language
    target_language = piece.target_language or target_language or reading.target_language or ""
    if not piece.source.strip():
        return NO_PARTNER
    if not source_language:
        return NO_SOURCE_LANGUAGE
    if not target_language:
        return NO_TARGET_LANGUAGE
    return [(source_language, piece.source), (target_language, piece.target)]


def file_languages(context: tuple[Tag, ...]) -> tuple[str, str]:
    """Source and target language around a unit; empty where they are not named.

    A `file` of XLIFF 1.2 has its own, and never those of the file before it.
    """
    files = [attributes for name, attributes in context if name == "file"]
    root = context[0][1] if context else {}
    innermost = files[-1] if files else {}
    source = innermost.get("source-language") or root.get("srcLang") or ""
    target = innermost.get("target-language") or root.get("trgLang") or ""
    return source, target


def _has_text(element: Element) -> bool:
    return bool(text_of(element).strip())
