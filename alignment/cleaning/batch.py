"""What filters look at: a batch of pairs, and what is known beyond the single pair."""

from __future__ import annotations

from dataclasses import dataclass

from alignment.cleaning import columns
from alignment.cleaning.columns import Ints, Texts
from alignment.cleaning.langid import LanguageIdentifier


@dataclass(frozen=True)
class Context:
    """What is known beyond the pair itself."""

    source_lang: str = "en"
    target_lang: str = "en"
    expected_ratio: float = 1.0
    """Characters of the target per character of the source, typical of the corpus."""
    identifier: LanguageIdentifier | None = None


class Batch:
    """The normalized texts of some pairs, and their comparable forms, computed on first use."""

    def __init__(
        self,
        source: Texts,
        target: Texts,
        source_compared: Texts | None = None,
        target_compared: Texts | None = None,
    ) -> None:
        self.source = source
        self.target = target
        self._source_compared = source_compared
        self._target_compared = target_compared

    @property
    def source_compared(self) -> Texts:
        """Comparable forms of the sources."""
        if self._source_compared is None:
            self._source_compared = columns.comparables(self.source)
        return self._source_compared

    @property
    def target_compared(self) -> Texts:
        """Comparable forms of the targets."""
        if self._target_compared is None:
            self._target_compared = columns.comparables(self.target)
        return self._target_compared

    def __len__(self) -> int:
        return len(self.source)

    def take(self, rows: Ints) -> Batch:
        """The pairs with these numbers, with the comparable forms that exist already."""

        def taken(texts: Texts | None) -> Texts | None:
            return None if texts is None else columns.take(texts, rows)

        return Batch(
            columns.take(self.source, rows),
            columns.take(self.target, rows),
            taken(self._source_compared),
            taken(self._target_compared),
        )
