"""The history of the champion: reading it although lines are damaged, and what it says."""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict, get_args

from alignment.files import write_bytes_atomically

HISTORY = "history.jsonl"
Action = Literal["publish", "promote", "rollback", "repair"]


class Move(TypedDict):
    """One line of the history: the champion changed."""

    time: str
    action: Action
    version: str
    """Deployed by the move."""
    previous: str | None
    """Deployed before it."""


@dataclass
class History:
    """The lines of the file, oldest first."""

    moves: list[Move] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    """Numbers of the lines that cannot be read, from 1; a torn last line is one of them."""


def read_history(path: Path) -> History:
    """All readable moves.

    Raises:
        OSError: if there is a file and it cannot be read.
    """
    history = History()
    for number, line in enumerate(_content(path).split(b"\n"), start=1):
        move = _parse(line)
        if move is not None:
            history.moves.append(move)
        elif line.strip():
            history.damaged.append(number)
    return history


def append_move(path: Path, move: Move) -> None:
    """Add a line; the file is replaced in one step, so a line is whole or absent.

    A torn last line is ended first, so that it damages no other.

    Raises:
        OSError: if the file cannot be read or written; it is then as before.
    """
    content = _content(path)
    if content and not content.endswith(b"\n"):
        content += b"\n"
    write_bytes_atomically(path, content + json.dumps(move).encode() + b"\n")


def write_moves(path: Path, moves: Sequence[Move]) -> None:
    """Write the whole history."""
    lines = [json.dumps(move) + "\n" for move in moves]
    write_bytes_atomically(path, "".join(lines).encode())


@dataclass
class Deployments:
    """What the history amounts to."""

    stack: list[str] = field(default_factory=list)
    """The deployments that were not taken back, oldest first; the last one is the champion."""
    withdrawn: set[str] = field(default_factory=set)
    """Versions that a rollback took out of service and that were not deployed since."""

    def earlier(self) -> list[str]:
        """What a rollback can go back to, the most recent first."""
        current = self.stack[-1] if self.stack else None
        names = [name for name in reversed(self.stack[:-1]) if name != current]
        return list(dict.fromkeys(names))

    def deploy(self, name: str) -> None:
        """The champion is now this version."""
        self.withdrawn.discard(name)
        if not self.stack or self.stack[-1] != name:
            self.stack.append(name)

    def go_back(self, name: str, *, withdraw: bool) -> None:
        """The champion is an earlier deployment again, and those after it are taken back."""
        while self.stack and self.stack[-1] != name:
            removed = self.stack.pop()
            if withdraw:
                self.withdrawn.add(removed)
        self.deploy(name)


def deployments(moves: Sequence[Move], champion: str | None) -> Deployments:
    """Replay the moves up to the present champion, which is what the link says.

    A process that was killed between writing the history and moving the link has left a move that
    did not happen: the champion after it is still the one before it.
    """
    result = Deployments()
    after = [move["previous"] for move in moves[1:]] + [champion]
    for move, next_champion in zip(moves, after, strict=False):
        if next_champion == move["previous"] and next_champion != move["version"]:
            continue
        if move["previous"] is not None:
            # Usually deployed already; otherwise by hand, or its line is damaged.
            result.deploy(move["previous"])
        if move["action"] == "rollback":
            result.go_back(move["version"], withdraw=True)
        elif move["action"] == "repair":
            result.go_back(move["version"], withdraw=False)
        else:
            result.deploy(move["version"])
    if champion is not None:
        result.deploy(champion)
    return result


def _content(path: Path) -> bytes:
    """What is in the file; nothing if there is none. A pipe, which has no end, is refused."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _parse(line: bytes) -> Move | None:
    try:
        move: Any = json.loads(line)
        previous = move["previous"]
        texts = [move["time"], move["version"]]
        known = move["action"] in get_args(Action)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not known or not all(isinstance(text, str) for text in texts):
        return None
    if previous is not None and not isinstance(previous, str):
        return None
    parsed: Move = move
    return parsed
