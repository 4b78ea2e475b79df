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
    others: frozenset[str] = frozenset()
    """Codes of all wanted languages: what is nearer to another one is not read for this one."""
    skipped: Skips = field(default_factory=Skips, init=False, repr=False)
    """See `Source.skipped`."""

    def languages(self) -> frozenset[str]:
        """See `Source.languages`."""
        raise NotImplementedError

    def spelling(self, language: str) -> str | None:
        """How this corpus spells `language`; None if it does not have it."""
        return self.match(language, self.languages())

    def match(self, language: str, offered: frozenset[str]) -> str | None:
        """The spelling among `offered` that is read for `language`."""
        return languages.best_match(language, offered, self.rivals)

    def doubt(self, language: str) -> str | None:
        """See `Source.doubt`."""
        return languages.doubt(language, self.languages(), self.rivals)

    def expected_pairs(self, language: str) -> int | None:
        """See `Source.expected_pairs`."""
        return None

    @property
    def rivals(self) -> frozenset[str]:
        """Codes of all wanted languages and the pivot."""
        return self.others | {self.pivot}
