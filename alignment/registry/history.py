"""The history of the champion: reading it although lines are damaged, and what it says."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, get_args

from alignment.registry.lines import append_line, read_lines, write_lines
from alignment.types import Decision, Override

HISTORY = "history.jsonl"
Action = Literal["publish", "promote", "override", "rollback", "repair"]
"""`override` deploys a version although the gate did not approve it."""


class Move(TypedDict):
    """One line of the history: the champion changed."""

    time: str
    action: Action
    version: str
    """Deployed by the move."""
    previous: str | None
    """Deployed before it."""
    reason: NotRequired[str]
    """Why the gate was overridden, or why this version was deployed by hand."""
    by: NotRequired[str]
    """Who did it."""


@dataclass
class History:
    """The lines of the file, oldest first."""

    moves: list[Move] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    """Numbers of the lines that cannot be read, from 1; a torn last line is one of them."""
    where: str = ""
    """The file or the address, for messages."""


def read_history(path: Path) -> History:
    """All readable moves.

    Raises:
        OSError: if there is a file and it cannot be read.
    """
    moves, damaged = read_lines(path, parse_move)
    return History(moves, damaged, str(path))


def append_move(path: Path, move: Move) -> None:
    """Add a line; the file is replaced in one step, so a line is whole or absent.

    A torn last line is ended first, so that it damages no other.

    Raises:
        OSError: if the file cannot be read or written; it is then as before.
    """
    append_line(path, move)


def write_moves(path: Path, moves: Sequence[Move]) -> None:
    """Write the whole history."""
    write_lines(path, moves)


def override_lines(moves: Sequence[Move]) -> list[str]:
    """One line for each time that somebody overruled the gate, oldest first."""
    lines = []
    for move in moves:
        if move["action"] == "override":
            day = move["time"][:16].replace("T", " ")
            by = move.get("by", "unknown")
            lines.append(f"{move['version']} on {day} UTC by {by}: {move.get('reason', '')}")
    return lines


@dataclass
class Deployments:
    """What the history amounts to."""

    stack: list[str] = field(default_factory=list)
    """The deployments that were not taken back, oldest first; the last one is the champion."""
    withdrawn: set[str] = field(default_factory=set)
    """Versions that a rollback took out of service and that were not deployed since."""
    ever: set[str] = field(default_factory=set)
    """Every version that was deployed at some time."""

    def earlier(self) -> list[str]:
        """What a rollback can go back to, the most recent first."""
        current = self.stack[-1] if self.stack else None
        names = [name for name in reversed(self.stack[:-1]) if name != current]
        return list(dict.fromkeys(names))

    def deploy(self, name: str) -> None:
        """The champion is now this version."""
        self.withdrawn.discard(name)
        self.ever.add(name)
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


def new_move(
    action: Action,
    version: str,
    previous: str | None,
    signed: Override | Decision | None = None,
) -> Move:
    """A move that happens now; `signed` says who makes it, and why."""
    move: Move = {"time": now(), "action": action, "version": version, "previous": previous}
    if signed is not None:
        move["reason"] = signed.reason
        move["by"] = signed.by
    return move


def now() -> str:
    """The present time in UTC, ISO 8601, in seconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def parse_move(move: Any) -> Move | None:
    """The move in a line's JSON; None if it is not one.

    Raises:
        KeyError, TypeError or AttributeError: if a key is missing, or it is no object.
    """
    previous = move["previous"]
    texts = [move["time"], move["version"], move.get("reason", ""), move.get("by", "")]
    if move["action"] not in get_args(Action) or not all(isinstance(text, str) for text in texts):
        return None
    if previous is not None and not isinstance(previous, str):
        return None
    parsed: Move = move
    return parsed
