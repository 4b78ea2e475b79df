"""The files that a configured path means: one file, a glob, or one per language with `{lang}`."""

from __future__ import annotations

import glob
import re
from collections import defaultdict
from pathlib import Path

from alignment.errors import SourceError

LANGUAGE = "{lang}"
CODE = r"([A-Za-z]{2,8}(?:[-_@][A-Za-z0-9]+)*)"
"""A language code in a file name or a column name."""
CHECK_PATH = "Check the path in the configuration."
_PIECES = re.compile(r"(\{lang\}|\*\*/|\*|\?)")
_WILDCARDS = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}


def matching_files(pattern: str) -> list[Path]:
    """The file at this path, or the files that the glob matches, sorted.

    Raises:
        SourceError: if there is none.
    """
    if Path(pattern).is_file() or not glob.has_magic(pattern):
        return [existing(Path(pattern))]
    names = glob.glob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes no absolute glob
    paths = map(Path, sorted(names))
    files = [path for path in paths if path.is_file()]
    if not files:
        raise SourceError("no file matches", where=pattern, hint=CHECK_PATH)
    return files


def files_by_language(pattern: str) -> dict[str, list[Path]]:
    """The existing files that match a path with `{lang}`, by language, sorted.

    `{lang}` may be the name of a folder, and may occur several times with the same code. The path
    may also contain `*`, `?` and `**/`.

    Raises:
        SourceError: if the directory above the first `{lang}` does not exist.
    """
    root = Path(pattern)
    while _PIECES.search(str(root)):
        root = root.parent
    if not root.is_dir():
        raise SourceError("there is no such directory", where=str(root), hint=CHECK_PATH)
    expression, wildcards = _translate(Path(pattern).as_posix())
    files = defaultdict(list)
    for name in sorted(glob.glob(wildcards, recursive=True)):  # noqa: PTH207 - as above
        match = expression.fullmatch(Path(name).as_posix())
        if match is not None and Path(name).is_file():
            files[match.group(1)].append(Path(name))
    return dict(files)


def existing(path: Path) -> Path:
    """The path itself.

    Raises:
        SourceError: if there is no such file.
    """
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), hint=CHECK_PATH)
    return path


def _translate(pattern: str) -> tuple[re.Pattern[str], str]:
    """A path with `{lang}` as a regular expression with the code as its group, and as a glob."""
    expression = ""
    wildcards = ""
    code = CODE
    for piece in _PIECES.split(pattern):
        if piece == LANGUAGE:
            expression += code
            wildcards += "*"
            code = r"\1"  # each further one has the same code
        else:
            expression += _WILDCARDS.get(piece, re.escape(piece))
            wildcards += piece if piece in _WILDCARDS else glob.escape(piece)
    return re.compile(expression), wildcards
