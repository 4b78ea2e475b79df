"""The documents of an index: one JSON object a line, found by offset in a memory-mapped file."""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.errors import Corrupt

_BLOCK_BYTES = 2**20


class Document(NamedTuple):
    """One text of the knowledge base."""

    id: str
    text: str
    title: str = ""
    language: str = ""
    """BCP-47 code; empty if it is not known."""

    @property
    def content(self) -> str:
        """What is encoded: title and text, joined as BEIR does (Thakur et al. 2021)."""
        return f"{self.title} {self.text}".strip()

    def to_json(self) -> str:
        """One line of JSON, without the line break and without what is empty."""
        fields = {name: value for name, value in self._asdict().items() if value}
        return json.dumps(fields, ensure_ascii=False)


class DocumentFile:
    """The documents of a file, each read when it is asked for.

    Args:
        path: Lines of JSON, as `Document.to_json` gives them.
        offsets: Where each line starts, and where the last one ends (n + 1,), int64.
    """

    def __init__(self, path: Path, offsets: NDArray[np.int64]) -> None:
        self._path = path
        self._offsets = offsets
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> Document:
        if not 0 <= row < len(self):
            raise IndexError(row)
        line = self._bytes[self._offsets[row] : self._offsets[row + 1]]
        try:
            return Document(**json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise Corrupt(
                f"document {row + 1} is damaged ({error})",
                where=str(self._path),
                hint="Build the index again with `alignment search index ... --replace`.",
            ) from error

    def __iter__(self) -> Iterator[Document]:
        for row in range(len(self)):
            yield self[row]


def line_offsets(path: Path) -> NDArray[np.int64]:
    """Where each line of a file starts, and the size of the file (n + 1,).

    The file must end in a line break.
    """
    parts = [np.zeros(1, np.int64)]
    position = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            breaks = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            parts.append(breaks.astype(np.int64) + position + 1)
            position += len(block)
    return np.concatenate(parts)
