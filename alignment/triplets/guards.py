"""What keeps a true translation from being used as a negative."""

from __future__ import annotations

import math


def highest_similarity(positive: float | None, relative_margin: float | None) -> float:
    """Highest cosine with the anchor that a negative may have, under the base encoder as a guide.

    `positive` is the cosine of the true pair. Without it, or without a margin, every cosine is
    allowed.

    >>> round(highest_similarity(0.8, 0.05), 4)
    0.76
    """
    if positive is None or relative_margin is None:
        return math.inf
    return positive - relative_margin * abs(positive)
