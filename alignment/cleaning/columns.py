"""Texts of a batch as one flat array of code points, so that cleaning works on columns, not on rows.

Almost every sentence is already in its normal form, and most characters fold to one character. Tables
over the first two Unicode planes say which: those rows are done by table look-ups over the whole batch;
the others (a soft hyphen, a composing accent, `ß`) go through the plain functions of
`cleaning.normalize`, one by one. Both ways give the same, which a property test holds.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from alignment.cleaning.normalize import comparable, compatible, is_comparable, is_kept, normalize

PLANES = (
    0x20000  # code points with a table entry; rows with later ones (rare ideographs) go one by one
)
SPACE = 0x20

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Points = NDArray[np.uint32]

# Bits of `Tables.flags`.
LETTER, ODD, KEPT = 1, 2, 4
NO_SINGLE = 0xFFFFFFFF  # in `Tables.folded`: more than one character, or it depends on those around

Entry = TypeVar("Entry", bound=np.generic)


class Tables(NamedTuple):
    """What there is to know of each code point below `PLANES`."""

    flags: NDArray[np.uint8]
    """LETTER: `str.isalpha`. ODD: `normalize` may change it. KEPT: `is_kept`."""
    folded: Points
    """The comparable form of the character, 0 where it has none (punctuation, spaces), or `NO_SINGLE`."""


class Texts(NamedTuple):
    """Row i is `points[offsets[i]:offsets[i + 1]]`."""

    points: Points  # (characters,)
    offsets: Ints  # (rows + 1,)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Characters of each row (rows,)."""
        return np.diff(self.offsets)

    def total(self, values: NDArray[Any]) -> Ints:
        """Sum of one value per character over each row (rows,)."""
        sums: Ints = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
        return sums[self.offsets[1:]] - sums[self.offsets[:-1]]

    def any(self, marked: Bools) -> Bools:
        """Whether a row has a marked character (rows,)."""
        hits = np.zeros(len(self), dtype=bool)
        hits[np.searchsorted(self.offsets, np.flatnonzero(marked), side="right") - 1] = True
        return hits

    def strings(self) -> list[str]:
        """The rows as Python strings."""
        text = self.points.tobytes().decode("utf-32-le")
        edges = self.offsets.tolist()
        return [text[start:end] for start, end in itertools.pairwise(edges)]


def from_strings(rows: Sequence[str]) -> Texts:
    """From Python strings without lone surrogates."""
    points = np.frombuffer("".join(rows).encode("utf-32-le"), dtype=np.uint32)
    return Texts(points, _edges(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))))


def from_arrow(column: pa.Array) -> Texts:
    """From a string array; null reads as empty."""
    column = column.cast(pa.large_string())
    edges = np.frombuffer(column.buffers()[1], dtype=np.int64)[
        column.offset : column.offset + len(column) + 1
    ]
    buffer = column.buffers()[2]
    data = np.frombuffer(buffer if buffer is not None else b"", dtype=np.uint8)[
        edges[0] : edges[-1]
    ]
    starts = np.concatenate(
        [[0], np.cumsum((data & 0xC0) != 0x80, dtype=np.int64)]
    )  # bytes that begin a character
    points = np.frombuffer(data.tobytes().decode("utf-8").encode("utf-32-le"), dtype=np.uint32)
    return Texts(points, starts[edges - edges[0]])


def to_arrow(texts: Texts) -> pa.Array:
    """As a string array."""
    widths = (
        1 + (texts.points > 0x7F).astype(np.int8) + (texts.points > 0x7FF) + (texts.points > 0xFFFF)
    )
    edges = np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])[texts.offsets]
    data = texts.points.tobytes().decode("utf-32-le").encode("utf-8")
    column = pa.LargeStringArray.from_buffers(
        len(texts), pa.py_buffer(edges.tobytes()), pa.py_buffer(data)
    )
    return column.cast(pa.string())


def normalized(texts: Texts) -> Texts:
    """Each row through `normalize`."""
    return with_rows(texts, not_normal(texts), normalize)


def not_normal(texts: Texts) -> Bools:
    """Rows that `normalize` may change (rows,)."""
    flags, _ = tables()
    marked = gather(flags, texts.points, beyond=ODD) & ODD != 0
    spaces = texts.points == SPACE
    marked[1:] |= spaces[1:] & spaces[:-1]  # two in a row, or one at an edge
    filled = texts.lengths > 0
    for edge in (texts.offsets[:-1][filled], texts.offsets[1:][filled] - 1):
        marked[edge] |= spaces[edge]
    return texts.any(marked)


def comparables(texts: Texts) -> Texts:
    """Each row through `comparable`."""
    points = gather(tables().folded, texts.points, beyond=NO_SINGLE)
    kept = points != 0
    rows = np.flatnonzero(texts.any(points == NO_SINGLE))
    for start, end in zip(
        texts.offsets[rows].tolist(), texts.offsets[rows + 1].tolist(), strict=True
    ):
        kept[start:end] = False
    simple = Texts(points[kept], _edges(texts.total(kept)))
    return (
        _replaced(simple, rows, _one_by_one(take(texts, rows).strings())) if len(rows) else simple
    )


def _one_by_one(rows: list[str]) -> list[str]:
    """`comparable` of rows that need it: case and composition row by row, what is dropped by column again."""
    folded = from_strings([compatible(row) for row in rows])
    kept = gather(tables().flags, folded.points, beyond=0) & KEPT != 0
    dropped = Texts(folded.points[kept], _edges(folded.total(kept))).strings()
    rare = folded.any(folded.points >= PLANES).tolist()
    return [
        found if not odd and is_comparable(found) else comparable(row)
        for row, found, odd in zip(rows, dropped, rare, strict=True)
    ]


def fingerprints(compared: Texts, rows: Ints | None = None) -> Ints:
    """`normalize.fingerprint` of texts that are comparable forms already, of some rows or all (rows,)."""
    data = compared.points.tobytes()
    starts, ends = (
        4 * edges[... if rows is None else rows]
        for edges in (compared.offsets[:-1], compared.offsets[1:])
    )
    digest = xxhash.xxh3_64_intdigest
    values = [
        digest(data[start:end]) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    return np.array(values, dtype=np.uint64).view(np.int64)


def take(texts: Texts, rows: Ints) -> Texts:
    """The rows with these numbers, in this order."""
    starts, lengths = texts.offsets[rows], texts.lengths[rows]
    offsets = _edges(lengths)
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
    return Texts(texts.points[places], offsets)


def with_rows(texts: Texts, changed: Bools, function: Callable[[str], str]) -> Texts:
    """The rows, the marked ones through `function`."""
    if not changed.any():
        return texts
    rows = np.flatnonzero(changed)
    return _replaced(texts, rows, [function(row) for row in take(texts, rows).strings()])


def _replaced(texts: Texts, rows: Ints, new: Sequence[str]) -> Texts:
    """The texts with new ones in some rows."""
    extra = from_strings(new)
    both = Texts(
        np.concatenate([texts.points, extra.points]),
        np.concatenate([texts.offsets, texts.offsets[-1] + extra.offsets[1:]]),
    )
    order = np.arange(len(texts))
    order[rows] = len(texts) + np.arange(len(rows))
    return take(both, order)


def _edges(lengths: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def gather(table: NDArray[Entry], points: Points, *, beyond: int) -> NDArray[Entry]:
    """The table's entry of each code point; `beyond` where the table ends."""
    entries = table.take(points, mode="clip")
    if len(points) and points.max() >= PLANES:
        entries[points >= PLANES] = beyond
    return entries


@functools.cache
def tables() -> Tables:
    """Made once a process from `unicodedata` and the plain functions, in about a tenth of a second."""
    flags = np.zeros(PLANES, dtype=np.uint8)
    folded = np.zeros(PLANES, dtype=np.uint32)
    joins = _joining()
    for point in range(PLANES):
        char = chr(point)
        category = unicodedata.category(char)
        if category not in ("Cs", "Cn"):
            flags[point] = LETTER * char.isalpha() | KEPT * is_kept(char)
            if point in joins:
                flags[point] |= ODD
                folded[point] = NO_SINGLE
                continue
            if category == "Lo" and not unicodedata.decomposition(
                char
            ):  # two thirds of all: ideographs, syllables
                folded[point] = point
                continue
            if char != " " and normalize(char) != char:
                flags[point] |= ODD
            compared = comparable(char)
            single = len(compared) == 1 and ord(compared) < PLANES and ord(compared) not in joins
            folded[point] = ord(compared) if single else NO_SINGLE if compared else 0
    return Tables(flags, folded)


def _joining() -> frozenset[int]:
    """Code points that may melt into the one before them under composition."""
    seconds = {
        int(parts[1], 16)
        for parts in (unicodedata.decomposition(chr(point)).split() for point in range(PLANES))
        if len(parts) == 2 and not parts[0].startswith("<")
    }
    marks = {point for point in range(PLANES) if unicodedata.combining(chr(point))}
    return frozenset(seconds | marks | set(range(0x1100, 0x1200)))  # and the Hangul jamo
