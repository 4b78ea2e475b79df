"""Many tests, many attempts: Holm's correction, and an alpha that is spent over the attempts."""

from __future__ import annotations

import math
from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order of the arguments, each in [0, 1].

    To refuse where the adjusted value is below alpha refuses anything wrongly with a probability of
    at most alpha, however the tests depend on each other (Holm 1979).

    Examples:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    ascending = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, place in enumerate(ascending):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def spent(alpha: float, attempt: int) -> float:
    """The level of one attempt, from 1; the levels of all attempts sum to `alpha`.

    alpha * 6 / (pi² t²): the sequence that Foster and Stine (2008, "Alpha-investing") and later
    papers on online testing start from.

    Examples:
        >>> [round(spent(0.05, attempt), 4) for attempt in (1, 2, 30)]
        [0.0304, 0.0076, 0.0]
    """
    return alpha * 6 / (math.pi * attempt) ** 2
