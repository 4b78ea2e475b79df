"""About how many lines plain text files have, from their sizes and first lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alignment.config import LocalCorpus

PLAIN = (".csv", ".jsonl", ".tsv", ".txt")
"""Suffixes of files that have about one pair per line."""
BYTES_READ = 2**20
"""Of each file."""


def has_plain_lines(corpus: LocalCorpus) -> bool:
    """Whether a corpus is made of plain text files of one language each."""
    return (
        corpus.path is not None and corpus.path.suffix in PLAIN and corpus.columns.language is None
    )


def about_lines(paths: Iterable[Path]) -> int | None:
    """Lines of all files together; None if one is not plain text or cannot be read."""
    total = 0
    for path in paths:
        if path.suffix not in PLAIN:
            return None
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(BYTES_READ)
        except OSError:
            return None
        if start:
            total += round(max(1, start.count(b"\n")) * size / len(start))
    return total
