"""The translation units of an XML file, streamed: memory holds one unit at a time.

A damaged unit costs that unit and not the file: after a control character, an unknown entity,
invalid UTF-8 or a tag that does not match, reading goes on behind the unit. What is damaged
outside of the units (a note in the header) is skipped up to the next tag. A file that ends too
early is refused, because half a download looks like that.

Files that declare entities are refused, because entities are how an XML bomb expands. expat never
reads an external DTD here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from alignment.corpora.skips import OnSkip
from alignment.corpora.xml_stream import open_xml
from alignment.errors import Malformed, UnsafeArchive

DAMAGED = "damaged unit"
DAMAGED_OUTSIDE = "damage between the units"
MAX_DEPTH = 200
MAX_UNIT_BYTES = 8 * 2**20
"""Size at which a unit counts as damaged: its end tag is probably missing."""
MAX_DAMAGE_OUTSIDE = 100
_CHUNK_BYTES = 2**16
_KEPT_BYTES = 2**14  # of the chunk before: damage is found at most a tag after its start
_LONGEST_TAG = 256
_ANY_TAG = re.compile(rb"<")
_END_TAG = re.compile(rb"</([^\s>]+)")
_TAG_MISMATCH = 7  # codes of expat: XML_ERROR_TAG_MISMATCH,
_CUT_OFF = (3, 5, 6, 20)  # no element found, unclosed token, partial character, unclosed CDATA
_UNIT_NAMES = {"tmx": ("tu",), "xliff": ("trans-unit", "unit"), "TS": ("message",)}
"""Names of the units, by the name of the root element."""

Tag = tuple[str, dict[str, str]]
"""Name without prefix, and attributes."""


class XmlUnit(NamedTuple):
    """One translation unit."""

    number: int
    """From 1; damaged units are counted."""
    root: str
    """Name of the file's root element."""
    context: tuple[Tag, ...]
    """The elements around the unit, from the root inwards."""
    element: Element
    """The unit; its element names have no prefix if the root has none, or the same one."""


class _Damaged(Exception):
    """Raised in a handler of expat to give up a unit.

    expat goes on to the end of the chunk, without handlers, so this keeps the place.
    """

    def __init__(self, message: str, parser: expat.XMLParserType) -> None:
        super().__init__(message)
        self.index = parser.CurrentByteIndex
        self.line = parser.CurrentLineNumber


def read_units(path: Path, on_skip: OnSkip) -> Iterator[XmlUnit]:
    """All units that are well-formed, in the order of the file; `on_skip` hears of the others.

    Raises:
        Malformed: if the file is not TMX, XLIFF or Qt's TS, or ends too early.
        UnsafeArchive: if it declares entities.
    """
    with open_xml(path) as file:
        reader = _Reader(path, on_skip)
        while chunk := file.read(_CHUNK_BYTES):
            yield from reader.feed(chunk)
        yield from reader.feed(b"", final=True)


class _Reader:
    """Feeds expat, builds one unit at a time, and starts again behind damaged places.

    Positions are counted in bytes since the start of the current parser.
    """

    def __init__(self, path: Path, on_skip: OnSkip) -> None:
        self.path = path
        self.on_skip = on_skip
        self.root = ""
        self.prefix = ""
        self.unit_names: frozenset[str] = frozenset()
        self.unit_tag: re.Pattern[bytes] | None = None
        self.number = 0
        self.open: list[Tag] = []
        self.context: tuple[Tag, ...] = ()
        self.finished: list[XmlUnit] = []
        self.builder = TreeBuilder()
        self.depth = 0
        self.unit_start = 0
        self.window = b""
        self.window_start = 0
        self.first_line = 1
        self.search_for: re.Pattern[bytes] | None = None
        self.damaged = 0
        self.damaged_outside = 0
        self._new_parser()

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[XmlUnit]:
        """The units that end in the next bytes of the file."""
        kept = self.window[-_KEPT_BYTES:]
        self.window_start = self.fed - len(kept)
        self.window = kept + chunk
        start: int | None = len(kept)
        if self.search_for is not None:
            start = self._search(0)
        while start is not None:
            rest = memoryview(self.window)[start:]
            self.fed += len(rest)
            try:
                self.parser.Parse(rest, final)
                self._check_size()
                start = None
            except (expat.ExpatError, _Damaged) as error:
                start = self._behind(error, final)
            yield from self.finished
            self.finished.clear()
        if final and self.search_for is not None and not self._closed():
            raise self._malformed("the file ends inside a damaged unit", self.first_line)

    def _new_parser(self) -> None:
        """A parser in which the elements around the units are open already."""
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._on_start
        self.parser.EndElementHandler = self._on_end
        self.parser.EntityDeclHandler = self._on_entity
        self.parser.SkippedEntityHandler = self._on_skipped_entity
        tags = self.open
        self.open = []
        self.depth = 0
        prefix = "".join(map(_start_tag, tags)).encode()
        self.parser.Parse(prefix)
        self.fed = len(prefix)

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        if self.depth == 0:
            if name not in self.unit_names:
                self._open(name, attributes)
                return
            self._begin_unit()
        elif name in self.unit_names:
            raise _Damaged("the unit before it has no end tag", self.parser)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Damaged(f"nested deeper than {MAX_DEPTH} levels", self.parser)
        self.builder.start(name.removeprefix(self.prefix), attributes)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if not self.open:
            self._set_root(name)
        if len(self.open) >= MAX_DEPTH:
            raise self._malformed(
                f"elements are nested deeper than {MAX_DEPTH} levels", self._line()
            )
        self.open.append((name, attributes))
        self._update_context()

    def _set_root(self, name: str) -> None:
        prefix, colon, root = name.rpartition(":")
        if root not in _UNIT_NAMES:
            raise Malformed(
                f"expected TMX, XLIFF or Qt's TS, got the root element <{name}>",
                where=str(self.path),
                hint="Check that the file has the format that its name says.",
            )
        self.root = root
        self.prefix = prefix + colon
        self.unit_names = frozenset(self.prefix + unit for unit in _UNIT_NAMES[root])
        names = "|".join(re.escape(unit) for unit in self.unit_names)
        self.unit_tag = re.compile(rf"<(?:(/)(?:{names})\s*>|(?:{names})(?=[\s>/]))".encode())

    def _begin_unit(self) -> None:
        self.number += 1
        self.unit_start = self.parser.CurrentByteIndex
        self.builder = TreeBuilder()
        self.parser.CharacterDataHandler = self.builder.data

    def _on_end(self, name: str) -> None:
        if self.depth == 0:
            self.open.pop()
            self._update_context()
            return
        self.depth -= 1
        self.builder.end(name.removeprefix(self.prefix))
        if self.depth == 0:
            self.parser.CharacterDataHandler = None
            unit = XmlUnit(self.number, self.root, self.context, self.builder.close())
            self.finished.append(unit)

    def _update_context(self) -> None:
        self.context = tuple(
            (name.removeprefix(self.prefix), attributes) for name, attributes in self.open
        )

    def _on_entity(self, *declaration: Any) -> None:
        raise UnsafeArchive(
            "the XML file declares entities",
            where=f"{self.path}: after unit {self.number}",
            hint="Remove the entity declarations from the file.",
        )

    def _on_skipped_entity(self, name: str, is_parameter: bool) -> None:
        """An entity such as `&nbsp;` that only an external DTD could define."""
        if self.depth:
            raise _Damaged(f"the entity {name!r} is not defined", self.parser)

    def _check_size(self) -> None:
        if self.depth and self.fed - self.unit_start > MAX_UNIT_BYTES:
            raise _Damaged(f"larger than {MAX_UNIT_BYTES:,} bytes", self.parser)
        if self.fed - self.parser.CurrentByteIndex > MAX_UNIT_BYTES + _CHUNK_BYTES:
            raise self._malformed(f"a tag is longer than {MAX_UNIT_BYTES:,} bytes", self._line())

    def _behind(self, error: expat.ExpatError | _Damaged, final: bool) -> int | None:
        """Count the damage and prepare a new parser; the place in the window where it starts.

        None if reading ends here, or the place has to be searched for in the next bytes.
        """
        place = error if isinstance(error, _Damaged) else None
        line = self.first_line + place.line - 1 if place else self._line()
        index = place.index if place else self.parser.CurrentByteIndex
        if final and isinstance(error, expat.ExpatError) and error.code in _CUT_OFF:
            if self.damaged and self._closed():
                return None
            raise self._malformed(_message(error), line)
        self.damaged += 1
        position = max(0, index - self.window_start)
        if self.depth or self._in_unit_tag(position):
            if not self.depth:
                self.number += 1
                position += 1  # expat may report the start of the tag
            self.on_skip(DAMAGED, f"{self.path}:{line}")
            self.search_for = self.unit_tag
        else:
            self._count_outside(error, position, line)
            self.search_for = _ANY_TAG
            position += 1
        self.first_line = line
        return self._search(position)

    def _search(self, position: int) -> int | None:
        """Where the next parser starts: at a tag, or behind a unit's end tag."""
        assert self.search_for is not None  # noqa: S101 - for the type checker
        match = self.search_for.search(self.window, position)
        stop = match.start() if match else max(position, len(self.window) - _LONGEST_TAG)
        if match and match.lastindex:
            stop = match.end()
        self.first_line += self.window.count(b"\n", position, stop)
        if match is None:
            self.window = self.window[stop:]
            self.fed = self.window_start = 0
            return None
        self.search_for = None
        self._new_parser()
        self.window_start = self.fed - stop
        return stop

    def _in_unit_tag(self, position: int) -> bool:
        """Whether the damage is in the start tag of a unit, which is not open yet."""
        if self.unit_tag is None:
            return False
        behind_tag = self.window.rfind(b">", 0, position) + 1
        match = self.unit_tag.search(self.window, behind_tag)
        return match is not None and match.start() <= position and not match.group(1)

    def _count_outside(self, error: expat.ExpatError | _Damaged, position: int, line: int) -> None:
        self.damaged_outside += 1
        self.on_skip(DAMAGED_OUTSIDE, f"{self.path}:{line}")
        if self.damaged_outside > MAX_DAMAGE_OUTSIDE:
            raise self._malformed(_message(error), line)
        if getattr(error, "code", 0) == _TAG_MISMATCH:
            self._close(position)

    def _close(self, position: int) -> None:
        """Close the elements up to the one whose end tag is at this place."""
        match = _END_TAG.match(self.window, max(0, self.window.rfind(b"<", 0, position + 1)))
        name = match.group(1).decode("utf-8", "replace") if match else ""
        names = [tag[0] for tag in self.open]
        if name in names:
            del self.open[len(names) - 1 - names[::-1].index(name) :]

    def _closed(self) -> bool:
        """Whether the file ends in the end tag of its root element."""
        return self.window.rstrip().endswith(f"</{self.prefix}{self.root}>".encode())

    def _line(self) -> int:
        return self.first_line + self.parser.CurrentLineNumber - 1

    def _malformed(self, message: str, line: int) -> Malformed:
        return Malformed(f"not well-formed XML ({message})", where=f"{self.path}:{line}")


def _message(error: expat.ExpatError | _Damaged) -> str:
    """Without the line, which would be counted from the last damaged place."""
    return str(expat.ErrorString(error.code)) if isinstance(error, expat.ExpatError) else str(error)


def _start_tag(tag: Tag) -> str:
    name, attributes = tag
    texts = [f" {key}={quoteattr(value)}" for key, value in attributes.items()]
    return f"<{name}{''.join(texts)}>"
