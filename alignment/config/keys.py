"""Paths of configuration keys, and errors that name the keys to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top of the file: `("corpora", 0, "license")`."""


def dotted(path: KeyPath) -> str:
    """The path as messages and `--set` write it: `corpora.0.license`."""
    return ".".join(str(part) for part in path)


class KeyProblem(NamedTuple):
    """What is wrong at one key; the path is relative to the section that reports it."""

    path: KeyPath
    message: str
    other: KeyPath | None = None
    """A second key that the message is about; its line is added to the message."""

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}"


class InconsistentError(ValueError):
    """Values that are valid one by one but contradict each other."""

    def __init__(self, *problems: KeyProblem) -> None:
        self.problems = problems
        super().__init__(*problems)

    def __str__(self) -> str:
        return "; ".join(str(problem) for problem in self.problems)


def raised_problems(detail: ErrorDetails) -> Sequence[KeyProblem]:
    """What a validator raised; the paths start at the section that was validated."""
    location = detail["loc"]
    error = detail.get("ctx", {}).get("error")
    if not isinstance(error, InconsistentError):
        message = detail["msg"] if error is None else str(error)
        return [KeyProblem(location, message)]
    return [_moved(problem, location) for problem in error.problems]


def _moved(problem: KeyProblem, section: KeyPath) -> KeyProblem:
    """The problem with paths that start above the section."""
    other = problem.other
    if other is not None:
        other = (*section, *other)
    return KeyProblem((*section, *problem.path), problem.message, other)
