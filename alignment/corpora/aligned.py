"""Line-aligned text: line i of one file translates line i of the other."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from alignment.corpora.streams import buffered, number_lines, read_lines
from alignment.downloads.archives import only_member, open_member, open_zip
from alignment.errors import Malformed
from alignment.types import SentencePair

NumberedLines = Iterator[tuple[int, str]]


def aligned(source: Path, target: Path) -> Iterator[SentencePair]:
    """The pairs of two aligned text files.

    Raises:
        Malformed: if one has more lines than the other.
    """
    yield from _join(read_lines(source), read_lines(target), str(source), str(target))


def aligned_members(
    path: Path, source: re.Pattern[str], target: re.Pattern[str]
) -> Iterator[SentencePair]:
    """Like `aligned`, for the two members of a zip archive whose names match.

    Raises:
        Malformed: if not exactly one member matches a pattern, or the archive is damaged.
    """
    with open_zip(path) as archive:
        source_member = only_member(archive, source)
        target_member = only_member(archive, target)
        source_name = source_member.filename
        target_name = target_member.filename
        try:
            with (
                open_member(archive, source_member) as left,
                open_member(archive, target_member) as right,
            ):
                yield from _join(
                    number_lines(buffered(left), source_name),
                    number_lines(buffered(right), target_name),
                    source_name,
                    target_name,
                )
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise Malformed(f"the archive is damaged: {error}", where=str(path)) from error


def _join(
    left: NumberedLines, right: NumberedLines, source: str, target: str
) -> Iterator[SentencePair]:
    """Pair two sequences of numbered lines; `source` and `target` name their files."""
    source_name = PurePosixPath(source).name
    for source_line, target_line in zip_longest(left, right):
        if source_line is None:
            raise _too_short(source, target, target_line[0])
        if target_line is None:
            raise _too_short(target, source, source_line[0])
        yield SentencePair(source_line[1], target_line[1], f"{source_name}:{source_line[0]}")


def _too_short(shorter: str, longer: str, number: int) -> Malformed:
    return Malformed(
        f"the file ends at line {number - 1}, {PurePosixPath(longer).name} has more",
        where=f"{shorter}:{number}",
        hint="Aligned files need the same number of lines.",
    )
