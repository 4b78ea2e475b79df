"""TMX and XLIFF: streamed, without entities of the file's own, which is how an XML bomb expands.

A unit is dropped from memory as soon as it is read: a file of any size takes the memory of one unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from alignment.corpora.streams import open_stream
from alignment.errors import Malformed, UnsafeArchive

FORMS = ("tmx", "xlf", "xliff")
SAMPLE = 2000  # units that are looked at to tell a file's languages
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
Unit = tuple[str, dict[str, str]]


def languages_of(path: Path) -> frozenset[str]:
    """The spellings of the languages in the first units."""
    found: set[str] = set()
    for number, (_, texts) in enumerate(units(path)):
        found |= texts.keys()
        if number == SAMPLE:
            break
    return frozenset(found)


def units(path: Path) -> Iterator[Unit]:
    """Where each unit stands (`name:number`), and its text by language, in the file's own spelling.

    Raises:
        Malformed: if it is not well-formed XML.
        UnsafeArchive: if it declares entities.
    """
    number = 0
    try:
        with open_stream(path) as file:
            for texts in _units(file):
                number += 1
                yield f"{path.name}:{number}", texts
    except DefusedXmlException as error:
        raise UnsafeArchive(
            f"the XML declares entities of its own ({type(error).__name__})",
            where=f"{path}: after unit {number}",
            hint="Remove the entity declarations from the file.",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (None,))[0]
        raise Malformed(
            f"not well-formed XML ({error})", where=f"{path}:{line}" if line else str(path)
        ) from error


def _units(file: IO[bytes]) -> Iterator[dict[str, str]]:
    open_elements: list[Element] = []
    source, target = "", ""
    for event, element in iterparse(
        file, events=("start", "end"), forbid_entities=True, forbid_external=True
    ):
        name = _local(element)
        if event == "start":
            open_elements.append(element)
            if name in ("file", "xliff"):
                source = element.get("source-language") or element.get("srcLang") or source
                target = element.get("target-language") or element.get("trgLang") or target
            continue
        open_elements.pop()
        if name == "tu":
            yield {
                lang: text
                for lang, text in map(_variant, _children(element, "tuv"))
                if lang and text
            }
        elif name in ("trans-unit", "segment"):
            sides = [_text(next(_children(element, side), None)) for side in ("source", "target")]
            if all(sides) and source and target:
                yield dict(zip((source, target), sides, strict=True))
        else:
            continue
        element.clear()
        for parent in open_elements:
            parent[:] = [child for child in parent if child in open_elements]


def _variant(tuv: Element) -> tuple[str, str]:
    return tuv.get(_LANG) or tuv.get("lang") or "", _text(next(_children(tuv, "seg"), None))


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _local(child) == name)


def _text(element: Element | None) -> str:
    return "".join(element.itertext()) if element is not None else ""


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
