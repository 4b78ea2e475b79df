"""What a reader leaves out: counted by reason, so that no unit is lost without a word."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping

OnSkip = Callable[[str, str], None]
"""Called with the reason and the place of each unit that a reader leaves out."""
logger = logging.getLogger(__name__)


class Skips:
    """Counts skipped units by reason; the log has the place of each at the level DEBUG."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(self, reason: str, where: str) -> None:
        """Count one unit."""
        self.counts[reason] += 1
        logger.debug("%s: skipped: %s", where, reason)

    def clear(self) -> None:
        """Start from zero, before the same corpus is read again."""
        self.counts.clear()

    def by_reason(self) -> dict[str, int]:
        """The counts, the most frequent reason first."""
        return dict(self.counts.most_common())

    def warn(self, corpus: str, language: str) -> None:
        """Log what was skipped, if anything was."""
        if self.counts:
            logger.warning("%s %s: units skipped: %s", corpus, language, listed(self.by_reason()))


def listed(counts: Mapping[str, int]) -> str:
    """Reasons with their counts, for a message."""
    return ", ".join(f"{reason} {count:,}" for reason, count in counts.items())
