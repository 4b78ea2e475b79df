"""Files of one JSON object per line that one process writes while another one reads."""

from __future__ import annotations

from pathlib import Path


def append_line(path: Path, line: str) -> None:
    """Append one line, in a single write."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def complete_lines(path: Path) -> list[str]:
    """The lines of a file, without one at its end that is still being written.

    There are none if there is no file.
    """
    if not path.is_file():
        return []
    return path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]


class Follower:
    """Reads a growing file: each line once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new_lines(self) -> list[str]:
        """The complete lines since the last call.

        If the writer drops lines from the end of the file, those that replace them are new.
        """
        lines = complete_lines(self._path)
        new = lines[self._read :]
        self._read = len(lines)
        return new
