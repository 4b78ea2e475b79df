"""Reasons for dropping a row, and counts of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alignment.cleaning.filters import FILTERS
from alignment.types import FilterReport

Reasons = NDArray[np.int16]
"""The number in `REASONS` of each row's reason, or `KEPT` (rows,)."""

KEPT = -1
"""In place of a reason: the row is kept."""
DUPLICATES = ("held_out", "contaminated", "duplicate", "same_target", "near_duplicate")
NOT_A_TRANSLATION = "not_a_translation"
"""The reason of the semantic filter, which needs vectors and runs after all others."""
REASONS = ("empty", *FILTERS, *DUPLICATES, NOT_A_TRANSLATION)
"""Every reason to drop a row, in the order of the checks."""
REASON_NUMBERS = {name: number for number, name in enumerate(REASONS)}


@dataclass
class Ledger:
    """Counts of seen, kept and dropped rows while they stream by."""

    seen: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """By reason."""

    def count(self, reasons: Reasons) -> None:
        """Add a batch."""
        refused = reasons[reasons != KEPT]
        self.seen += len(reasons)
        self.kept += len(reasons) - len(refused)
        counts = np.bincount(refused, minlength=len(REASONS)).tolist()
        for name, count in zip(REASONS, counts, strict=True):
            if count:
                self.dropped[name] += count

    def report(self) -> FilterReport:
        """The counts so far, checked, in the order of the checks."""
        dropped = {name: self.dropped[name] for name in REASONS if self.dropped[name]}
        return FilterReport(self.seen, self.kept, dropped)
