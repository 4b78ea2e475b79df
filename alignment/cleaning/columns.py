"""Texts of a batch as one flat array of code points, so that cleaning works by column, not by row.

Nearly every sentence is already in its normal form, and most characters fold to one character.
`char_tables` knows which: those rows are handled by table look-ups over the whole batch. The others
(a soft hyphen, a combining accent, `ß`) go one by one through the plain functions of
`cleaning.normalize`. Both ways give the same result; a property test checks it.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from alignment.cleaning.char_tables import (
    DEPENDS,
    MAY_CHANGE,
    NOT_ONE_CHAR,
    TABLE_SIZE,
    WORD_CHAR,
    Points,
    char_tables,
    gather,
)
from alignment.cleaning.escapes import unescape
from alignment.cleaning.normalize import comparable, is_comparable, nfkc_casefold, normalize

SPACE = 0x20

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Texts(NamedTuple):
    """Texts as a column. Row i is `points[offsets[i]:offsets[i + 1]]`."""

    points: Points
    """Code points of all rows, (characters,)."""
    offsets: Ints
    """Where each row begins, and where the last one ends, (rows + 1,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Characters of each row (rows,)."""
        return np.diff(self.offsets)

    def total(self, values: NDArray[Any]) -> Ints:
        """Sum of one value per character over each row (rows,)."""
        totals = np.zeros(len(self), dtype=np.int64)
        filled = self.lengths > 0
        if filled.any():
            starts = self.offsets[:-1][filled]  # an empty row would get the next one's first value
            totals[filled] = np.add.reduceat(values, starts, dtype=np.int64)
        return totals

    def any(self, marked: Bools) -> Bools:
        """Whether a row has a marked character (rows,); `marked` is (characters,)."""
        hits = np.zeros(len(self), dtype=bool)
        hits[np.searchsorted(self.offsets, np.flatnonzero(marked), side="right") - 1] = True
        return hits

    def strings(self) -> list[str]:
        """The rows as Python strings."""
        text = self.points.tobytes().decode("utf-32-le")
        edges = self.offsets.tolist()
        return [text[start:end] for start, end in itertools.pairwise(edges)]


def from_strings(rows: Sequence[str]) -> Texts:
    """A column of Python strings, which must not contain lone surrogates."""
    points = np.frombuffer("".join(rows).encode("utf-32-le"), dtype=np.uint32)
    return Texts(points, _offsets(np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))))


def from_arrow(column: pa.Array) -> Texts:
    """A column of a string array; null reads as the empty text."""
    column = pc.fill_null(column.cast(pa.large_string()), "")
    _, offset_buffer, data_buffer = column.buffers()
    rows = slice(column.offset, column.offset + len(column) + 1)
    edges = np.frombuffer(offset_buffer, dtype=np.int64)[rows]
    text = bytes(memoryview(data_buffer or b"")[edges[0] : edges[-1]]).decode("utf-8")
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    return Texts(points, _offsets(pc.utf8_length(column).to_numpy()))


def to_arrow(texts: Texts) -> pa.Array:
    """The column as a string array."""
    points = texts.points
    widths = 1 + (points > 0x7F).astype(np.int8) + (points > 0x7FF) + (points > 0xFFFF)  # in UTF-8
    edges = np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])[texts.offsets]
    data = points.tobytes().decode("utf-32-le").encode("utf-8")
    buffers = pa.py_buffer(edges.tobytes()), pa.py_buffer(data)
    return pa.LargeStringArray.from_buffers(len(texts), *buffers).cast(pa.string())


def normalized(texts: Texts) -> Texts:
    """`normalize` of each row."""
    return map_rows(texts, not_normal(texts), normalize)


def not_normal(texts: Texts) -> Bools:
    """Rows that `normalize` may change (rows,)."""
    flags = gather(char_tables().flags, texts.points, beyond=MAY_CHANGE)
    marked = flags & MAY_CHANGE != 0
    spaces = texts.points == SPACE
    marked[1:] |= spaces[1:] & spaces[:-1]  # two in a row
    filled = texts.lengths > 0
    for edge in (texts.offsets[:-1][filled], texts.offsets[1:][filled] - 1):
        marked[edge] |= spaces[edge]  # one at the start or the end of a row
    rows = texts.any(marked)
    uncertain = np.flatnonzero(texts.any(flags & DEPENDS != 0) & ~rows)
    rows[uncertain] = _changes_together(take(texts, uncertain).strings())
    return rows


def _changes_together(rows: list[str]) -> list[bool]:
    """Whether `normalize` composes characters of each row, or decodes an escape in it."""
    # The check of a whole row is quick unless it may compose, which few rows with an accent can.
    return [not unicodedata.is_normalized("NFC", row) or unescape(row) != row for row in rows]


def comparables(texts: Texts) -> Texts:
    """`comparable` of each row."""
    points = gather(char_tables().folded, texts.points, beyond=NOT_ONE_CHAR)
    kept = points != 0
    rows = np.flatnonzero(texts.any(points == NOT_ONE_CHAR))
    starts = texts.offsets[rows].tolist()
    ends = texts.offsets[rows + 1].tolist()
    for start, end in zip(starts, ends, strict=True):
        kept[start:end] = False  # these rows are empty for now and replaced below
    simple = Texts(np.compress(kept, points), _offsets(texts.total(kept)))
    if not len(rows):
        return simple
    return _replace_rows(simple, rows, _comparable_rows(take(texts, rows).strings()))


def _comparable_rows(rows: list[str]) -> list[str]:
    """`comparable` of rows that the table cannot do.

    Folding case and composing is done row by row, dropping characters by column. What is left is
    in its final form unless a dropped character was before one that composes or is sorted.
    """
    folded = from_strings([nfkc_casefold(row) for row in rows])
    flags = gather(char_tables().flags, folded.points, beyond=0)
    kept = flags & WORD_CHAR != 0
    candidates = Texts(np.compress(kept, folded.points), _offsets(folded.total(kept))).strings()
    joining = kept & (flags & DEPENDS != 0)
    joining[1:] &= ~kept[:-1]
    uncertain = folded.any(joining).tolist()
    beyond_table = folded.any(folded.points >= TABLE_SIZE).tolist()
    result = []
    for row, candidate, check, rare in zip(rows, candidates, uncertain, beyond_table, strict=True):
        done = is_comparable(candidate) if check else candidate.casefold() == candidate
        result.append(candidate if done and not rare else comparable(row))
    return result


def fingerprints(compared: Texts, rows: Ints | None = None) -> Ints:
    """`normalize.fingerprint` of texts that are already in their comparable form (n,).

    Of all rows, or of those numbered by `rows` (n,).
    """
    edges = pa.py_buffer(4 * compared.offsets)  # 4 bytes per code point
    buffers = [None, edges, pa.py_buffer(compared.points)]
    texts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(compared), buffers)
    selected = texts if rows is None else texts.take(pa.array(rows))
    # NumPy's objects are the texts as `bytes`, made in one call.
    digests = map(xxhash.xxh3_64_intdigest, selected.to_numpy(zero_copy_only=False))
    return np.fromiter(digests, dtype=np.uint64, count=len(selected)).view(np.int64)


def take(texts: Texts, rows: Ints) -> Texts:
    """The rows with these numbers, in this order."""
    starts = texts.offsets[rows]
    lengths = texts.lengths[rows]
    offsets = _offsets(lengths)
    # Where each character of the result is in `texts.points`: its place in the result, shifted by
    # how far its row moves.
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
    return Texts(texts.points[places], offsets)


def map_rows(texts: Texts, selected: Bools, function: Callable[[str], str]) -> Texts:
    """All rows, the selected ones (rows,) replaced by `function` of their text."""
    if not selected.any():
        return texts
    rows = np.flatnonzero(selected)
    originals = take(texts, rows).strings()
    results = [function(row) for row in originals]
    differs = np.array([a != b for a, b in zip(originals, results, strict=True)])
    if not differs.any():
        return texts
    replacements = [results[place] for place in np.flatnonzero(differs).tolist()]
    return _replace_rows(texts, rows[differs], replacements)


def _replace_rows(texts: Texts, rows: Ints, replacements: Sequence[str]) -> Texts:
    """The texts with some rows replaced; `rows` (n,) ascend."""
    extra = from_strings(replacements)
    lengths = texts.lengths
    lengths[rows] = extra.lengths
    pieces = []
    kept_from = 0
    starts = texts.offsets[rows].tolist()
    ends = texts.offsets[rows + 1].tolist()
    bounds = itertools.pairwise(extra.offsets.tolist())
    for start, end, (first, last) in zip(starts, ends, bounds, strict=True):
        pieces.append(texts.points[kept_from:start])
        pieces.append(extra.points[first:last])
        kept_from = end
    pieces.append(texts.points[kept_from:])
    return Texts(np.concatenate(pieces), _offsets(lengths))


def _offsets(lengths: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
