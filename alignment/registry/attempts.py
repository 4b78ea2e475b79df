"""The candidates that were compared with a reference on a suite: `attempts.jsonl`.

A run that is repeated until its model passes would deploy a worse model sooner or later. So the
gate counts the attempts. A candidate counts once for each reference and suite, however often its
run is repeated, and a suite counts by its content. Lines are only ever added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from alignment.registry.lines import append_line, read_lines
from alignment.registry.writing import writing

ATTEMPTS = "attempts.jsonl"


@dataclass(frozen=True)
class Attempt:
    """One candidate against one reference."""

    reference: str
    """Digest of the encoder that the candidate was compared with."""
    candidate: str
    """Digest of the candidate."""
    suites: Mapping[str, str]
    """Digest of each suite, by `language/suite`."""
    refused: tuple[str, ...] = ()
    """`language/suite` of what was refused as worse."""
    time: str = field(default="", compare=False)
    """UTC, ISO 8601."""


@dataclass(frozen=True)
class Standing:
    """A candidate's number and what earlier attempts leave it to prove."""

    attempt: int
    """Its number, from 1."""
    refused: frozenset[str]
    """`language/suite` in which an earlier candidate was refused as worse."""


def read_attempts(path: Path) -> tuple[list[Attempt], list[int]]:
    """All readable attempts, oldest first, and the numbers of the damaged lines, from 1.

    Raises:
        OSError: if there is a file and it cannot be read.
    """
    return read_lines(path, parse_attempt)


def standing(
    attempts: Sequence[Attempt], reference: str, candidate: str, suites: Mapping[str, str]
) -> Standing:
    """The number of a candidate, and what the earlier ones leave it to prove.

    Args:
        attempts: All attempts, oldest first.
        reference: Digest of the encoder that it is compared with.
        candidate: Digest of the candidate; if it was tried before, its number stays.
        suites: Digest of each suite, by `language/suite`. An attempt on none of them does not
            count.
    """
    latest: dict[str, Attempt] = {}
    for attempt in attempts:
        if attempt.candidate == candidate and attempt.reference == reference:
            if _shared(attempt, suites):
                break
            continue
        if attempt.reference == reference and _shared(attempt, suites):
            latest[attempt.candidate] = attempt
    refused = set()
    for attempt in latest.values():
        refused |= set(attempt.refused) & _shared(attempt, suites)
    return Standing(1 + len(latest), frozenset(refused))


def record_attempt(root: Path, attempt: Attempt) -> None:
    """Add the attempt to the registry in `root`, unless its candidate's last entry is equal.

    Raises:
        RegistryError: if the directory cannot be written, or the disk is full.
    """
    with writing(root, "recording the attempt"):
        attempts, _ = read_attempts(root / ATTEMPTS)
        if is_new(attempts, attempt):
            append_line(root / ATTEMPTS, asdict(attempt))


def is_new(attempts: Sequence[Attempt], attempt: Attempt) -> bool:
    """Whether it differs from the last entry about its candidate and its reference."""
    same = [
        known
        for known in attempts
        if (known.candidate, known.reference) == (attempt.candidate, attempt.reference)
    ]
    return not same or same[-1] != attempt


def _shared(attempt: Attempt, suites: Mapping[str, str]) -> set[str]:
    """The suites that were the same, word for word."""
    return {name for name, digest in attempt.suites.items() if suites.get(name) == digest}


def parse_attempt(line: Any) -> Attempt | None:
    """The attempt in a line's JSON; None if it is not one.

    Raises:
        KeyError, TypeError, ValueError or AttributeError: if it has another form.
    """
    attempt = Attempt(
        reference=line["reference"],
        candidate=line["candidate"],
        suites=dict(line["suites"]),
        refused=tuple(line["refused"]),
        time=line["time"],
    )
    texts = [attempt.reference, attempt.candidate, attempt.time, *attempt.refused]
    texts += [*attempt.suites, *attempt.suites.values()]
    return attempt if all(isinstance(text, str) for text in texts) else None
