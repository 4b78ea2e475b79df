"""Lists of names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

NAMES = 6
"""Names that a sentence has before it counts the others."""


def named(names: Sequence[str]) -> str:
    """Names in a sentence; of more than `NAMES` + 1, the others are counted.

    >>> named(["Irish", "Welsh"])
    'Irish and Welsh'
    >>> named([str(number) for number in range(9)])
    '0, 1, 2, 3, 4, 5 and 3 others'
    """
    if len(names) > NAMES + 1:
        return f"{', '.join(names[:NAMES])} and {len(names) - NAMES} others"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
