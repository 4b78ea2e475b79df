"""What all sources share: their settings, the download cache and the pivot language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from alignment import languages
from alignment.corpora.skips import Skips
from alignment.downloads.fetch import Downloads

ANY_LANGUAGE = "*"
"""Listed by a corpus whose files do not say which language they are in."""
C = TypeVar("C")


@dataclass(eq=False)
class SourceBase(Generic[C]):
    """The constructor of a source, and the spelling of a language in it."""

    corpus: C
    downloads: Downloads
    pivot: str
    skipped: Skips = field(default_factory=Skips, init=False, repr=False)
    """See `Source.skipped`."""

    def languages(self) -> frozenset[str]:
        """See `Source.languages`."""
        raise NotImplementedError

    def spelling(self, language: str) -> str | None:
        """How this corpus spells `language`; None if it does not have it."""
        return languages.best_match(language, self.languages())
