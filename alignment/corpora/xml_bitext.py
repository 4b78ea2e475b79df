"""TMX and XLIFF, streamed: memory holds one translation unit at a time.

Files that declare XML entities are refused, because entities are how an XML bomb expands.

A unit of TMX, and one of XLIFF 1.2, whose languages are attributes of `<file>`:

    <tu><tuv xml:lang="en"><seg>House</seg></tuv><tuv xml:lang="cy"><seg>Tŷ</seg></tuv></tu>
    <trans-unit id="1"><source>House</source><target>Tŷ</target></trans-unit>
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from alignment.corpora.streams import open_stream
from alignment.errors import Malformed, UnsafeArchive

FORMATS = ("tmx", "xlf", "xliff")
SAMPLE_UNITS = 2000
"""Units that are read to find out which languages a file has."""
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Unit(NamedTuple):
    """One translation unit."""

    origin: str
    """`file name:number`, from 1."""
    texts: dict[str, str]
    """Text by language, as the file spells it."""


def languages_of(path: Path) -> frozenset[str]:
    """The languages of the first `SAMPLE_UNITS` units, as the file spells them."""
    spellings: set[str] = set()
    for unit in islice(units(path), SAMPLE_UNITS):
        spellings |= unit.texts.keys()
    return frozenset(spellings)


def units(path: Path) -> Iterator[Unit]:
    """All translation units, in the file's order.

    Raises:
        Malformed: if the file is not well-formed XML.
        UnsafeArchive: if it declares entities.
    """
    number = 0
    try:
        with open_stream(path) as file:
            for texts in _unit_texts(file):
                number += 1
                yield Unit(f"{path.name}:{number}", texts)
    except DefusedXmlException as error:
        raise UnsafeArchive(
            f"the XML file declares entities ({type(error).__name__})",
            where=f"{path}: after unit {number}",
            hint="Remove the entity declarations from the file.",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (None,))[0]
        where = f"{path}:{line}" if line else str(path)
        raise Malformed(f"not well-formed XML ({error})", where=where) from error


def _unit_texts(file: IO[bytes]) -> Iterator[dict[str, str]]:
    open_elements: list[Element] = []
    source = ""
    target = ""
    events = iterparse(file, events=("start", "end"), forbid_entities=True, forbid_external=True)
    for event, element in events:
        name = _local_name(element)
        if event == "start":
            open_elements.append(element)
            if name in ("file", "xliff"):
                source = element.get("source-language") or element.get("srcLang") or source
                target = element.get("target-language") or element.get("trgLang") or target
            continue
        open_elements.pop()
        if name == "tu":
            yield _tmx_texts(element)
        elif name in ("trans-unit", "segment"):
            source_text = _text(element, "source")
            target_text = _text(element, "target")
            if source_text and target_text and source and target:
                yield {source: source_text, target: target_text}
        else:
            continue
        element.clear()
        for parent in open_elements:  # drop what was read, so that memory does not grow
            parent[:] = [child for child in parent if child in open_elements]


def _tmx_texts(unit: Element) -> dict[str, str]:
    """Text by language of a TMX `tu`; TMX before 1.4 writes `lang` without the namespace."""
    texts = {}
    for variant in unit:
        if _local_name(variant) == "tuv":
            language = variant.get(_LANG) or variant.get("lang")
            text = _text(variant, "seg")
            if language and text:
                texts[language] = text
    return texts


def _text(parent: Element, name: str) -> str:
    """The text in the first child of this name, without the markup in it."""
    for child in parent:
        if _local_name(child) == name:
            return "".join(child.itertext())
    return ""


def _local_name(element: Element) -> str:
    """The tag without its namespace; comments and processing instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
