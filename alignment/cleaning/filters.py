"""Filters: each looks at a normalised pair and gives the reason to drop it, or None.

The order is the order of `FILTERS`; a row is counted under the first reason that applies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from alignment.cleaning.normalise import comparable
from alignment.config import Clean

RATIO_SLACK = 16  # bytes: two short strings may differ by a word without being a bad pair

# %(name)s  %s  %1$d  {count}  {{ name }}  ${x}  <b>  &nbsp;  http://...
_PLACEHOLDER = re.compile(
    r"%\([^)]*\)[#0\- +]*[\d.]*[a-zA-Z]|%(?:\d+\$)?[#0\- +]*[\d.]*[sdifgxr%]|\$?\{\{?[^{}]*\}?\}|<[^<>]+>|&#?\w+;|https?://\S+"
)


class Pair(NamedTuple):
    """The normalised texts and what the filters share."""

    source: str
    target: str


def empty(pair: Pair, limits: Clean) -> bool:
    """A side has no text."""
    return not pair.source or not pair.target


def too_short(pair: Pair, limits: Clean) -> bool:
    """A side has fewer than `min_chars` characters, or the pivot side fewer than `min_words` words."""
    return min(len(pair.source), len(pair.target)) < limits.min_chars or len(pair.source.split()) < limits.min_words


def too_long(pair: Pair, limits: Clean) -> bool:
    """A side has more than `max_chars` characters."""
    return max(len(pair.source), len(pair.target)) > limits.max_chars


def placeholders_only(pair: Pair, limits: Clean) -> bool:
    """Without placeholders, markup and addresses a side has no letter left."""
    return not all(_has_letter(_PLACEHOLDER.sub(" ", side)) for side in pair)


def untranslated(pair: Pair, limits: Clean) -> bool:
    """Both sides are the same but for case and punctuation."""
    return comparable(pair.source) == comparable(pair.target)


def ratio(pair: Pair, limits: Clean) -> bool:
    """One side is more than `max_ratio` times the other, in UTF-8 bytes per script's typical width."""
    a, b = (_width(side) + RATIO_SLACK for side in pair)
    return max(a, b) / min(a, b) > limits.max_ratio


FILTERS: dict[str, Callable[[Pair, Clean], bool]] = {
    "empty": empty,
    "too_short": too_short,
    "too_long": too_long,
    "placeholders_only": placeholders_only,
    "untranslated": untranslated,
    "length_ratio": ratio,
}


def reason_to_drop(pair: Pair, limits: Clean) -> str | None:
    """The first filter that refuses the pair, or None."""
    return next((name for name, refuses in FILTERS.items() if refuses(pair, limits)), None)


def _has_letter(text: str) -> bool:
    return any(char.isalpha() for char in text)


def _width(text: str) -> int:
    """UTF-8 bytes: a Chinese or Japanese character carries about as much as three Latin ones."""
    return len(text.encode("utf-8", "replace"))
