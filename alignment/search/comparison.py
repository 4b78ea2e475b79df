"""One query under one or two models: where each document of one list is in the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.errors import ConfigError
from alignment.search.index import Match, SearchIndex

DEPTH = 100
"""How far down the other list a document is looked for."""


Move = Literal["same", "up", "down", "new", "gone"]


@dataclass(frozen=True)
class Engine:
    """An index with the function that encodes its queries."""

    name: str
    """The model, for people."""
    role: str
    """Such as champion; may be empty."""
    index: SearchIndex
    encode: Callable[[Sequence[str]], NDArray[np.float32]]

    def matches(self, query: str, k: int) -> list[Match]:
        """The `k` nearest documents, best first."""
        return self.index.matches(self.encode([query]), k)[0]


class Placed(NamedTuple):
    """A match, and where the other model has it."""

    match: Match
    other_rank: int | None
    """None if it is not among the first `DEPTH` of the other model."""
    move: Move
    """From the old model's list to the new one's, in whichever of the two this is."""


class Comparison(NamedTuple):
    """The answers of two models to one query."""

    lists: tuple[list[Placed], list[Placed]]
    shared: int
    """Documents that are among the first k of both."""
    moved: int
    """Shared documents with another rank."""


def check_comparable(old: SearchIndex, new: SearchIndex) -> None:
    """Two indexes must hold the same documents in the same order.

    Raises:
        ConfigError: if they do not.
    """
    if old.documents_digest != new.documents_digest:
        raise ConfigError(
            f"the indexes hold different documents: {len(old.documents)} of "
            f"{old.manifest.source} and {len(new.documents)} of {new.manifest.source}",
            where=str(new.path),
            hint="Index the same file with both models, or pass the other model itself: "
            "--against MODEL.",
        )


def compare(old: Engine, new: Engine, query: str, k: int) -> Comparison:
    """The first `k` of both models, each with its rank under the other."""
    depth = max(k, DEPTH)
    old_all = old.matches(query, depth)
    new_all = new.matches(query, depth)
    old_list = [_placed(match, new_all, is_new=False) for match in old_all[:k]]
    new_list = [_placed(match, old_all, is_new=True) for match in new_all[:k]]
    shared = [place for place in new_list if place.other_rank and place.other_rank <= k]
    moved = [place for place in shared if place.move != "same"]
    return Comparison((old_list, new_list), len(shared), len(moved))


def alone(engine: Engine, query: str, k: int) -> list[Placed]:
    """The first `k` of one model, with nothing to compare."""
    return [Placed(match, match.rank, "same") for match in engine.matches(query, k)]


def _placed(match: Match, others: Sequence[Match], *, is_new: bool) -> Placed:
    ranks = [other.rank for other in others if other.row == match.row]
    if not ranks:
        return Placed(match, None, "new" if is_new else "gone")
    before, after = (ranks[0], match.rank) if is_new else (match.rank, ranks[0])
    return Placed(match, ranks[0], _move(before, after))


def _move(before: int, after: int) -> Move:
    if before == after:
        return "same"
    return "up" if after < before else "down"
