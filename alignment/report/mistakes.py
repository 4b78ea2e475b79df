"""One wrong answer of the new encoder, as `evaluate` stores it and the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Mistake:
    """A query whose nearest text is not its translation; similarities are cosines."""

    suite: str
    direction: Literal["forward", "backward"]
    """Forward: the query is in the pivot language, and the texts that are searched are not."""
    query: str
    retrieved: str
    """The nearest wrong text."""
    gold: str
    """The translation."""
    similarity: float
    """Of the query and the retrieved text."""
    gold_similarity: float
    """Of the query and the translation."""
    is_new: bool | None
    """Whether the encoder that it is compared with finds the translation; None if not known."""

    @property
    def gap(self) -> float:
        """How much nearer the wrong text is."""
        return self.similarity - self.gold_similarity
