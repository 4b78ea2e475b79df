"""Prebuilt triplets, which must pass the same guards as mined ones.

Examples are natural language inference (entailment, contradiction), and queries with a relevant and
an irrelevant document.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from alignment.config import Column
from alignment.triplets.groups import GroupLookup
from alignment.triplets.near_duplicates import near_duplicate_score
from alignment.triplets.rows import TripletRow
from alignment.types import PREBUILT, FilterReport

REASONS = (
    "empty",
    "contaminated",
    "same_meaning",
    "near_duplicate",
    "duplicate",
    "over_share",
)
"""Every reason to drop a prebuilt triplet, in the order of the checks."""


class PrebuiltTriplet(NamedTuple):
    """One prebuilt triplet with normalized texts."""

    anchor: str
    positive: str
    negative: str


class GuardedTriplets(NamedTuple):
    """The triplets that passed, and counts of those that did not."""

    rows: list[TripletRow]
    report: FilterReport


def guard_prebuilt(
    triplets: Iterable[tuple[PrebuiltTriplet, bool]],
    languages: tuple[str, str],
    group_of: GroupLookup,
    *,
    max_chrf: float,
    limit: int,
    weight: float,
) -> GuardedTriplets:
    """The triplets that may be trained on, without repetitions, in the order of a hash.

    Only as many as `limit` are in memory, and the hash of each that passed.

    Args:
        triplets: each with whether it has a sentence of an evaluation suite.
        languages: of the anchor, and of positive and negative.
        group_of: meaning group of a sentence; a negative must not mean the same as its anchor or
            positive.
        max_chrf: highest chrF of a negative against its positive, in [0, 100].
        limit: keep at most this many, chosen by a hash of their texts.
        weight: of every triplet in training.
    """
    dropped = Counter[str]()
    seen = 0
    passed: set[int] = set()
    smallest: list[tuple[int, TripletRow]] = []  # a heap: the largest hash, negated, first
    for triplet, leak in triplets:
        seen += 1
        identity = _identity(triplet, languages)
        positive_group = group_of(languages[1], triplet.positive)
        negative_group = group_of(languages[1], triplet.negative)
        if not all(triplet):
            dropped["empty"] += 1
            continue
        if leak:
            dropped["contaminated"] += 1
            continue
        if negative_group in (positive_group, group_of(languages[0], triplet.anchor)):
            dropped["same_meaning"] += 1
            continue
        chrf = near_duplicate_score(triplet.negative, triplet.positive)
        if chrf > max_chrf:
            dropped["near_duplicate"] += 1
            continue
        number = int(identity, 16)
        if number in passed:
            dropped["duplicate"] += 1
            continue
        passed.add(number)
        groups = (positive_group, negative_group)
        row = _row(triplet, identity, languages, groups, chrf, weight)
        heapq.heappush(smallest, (-number, row))
        if len(smallest) > limit:
            heapq.heappop(smallest)
    smallest.sort(key=lambda entry: -entry[0])
    kept = [row for _, row in smallest]
    dropped["over_share"] = len(passed) - len(kept)
    counts = {reason: dropped[reason] for reason in REASONS if dropped[reason]}
    return GuardedTriplets(kept, FilterReport(seen, len(kept), counts))


def read_prebuilt(
    rows: Iterable[tuple[int, dict[Any, Any]]], names: tuple[Column, Column, Column]
) -> Iterator[PrebuiltTriplet]:
    """Numbered table rows as triplets; `names` are the columns of anchor, positive, negative.

    A value that is not text reads as empty.
    """
    for _, row in rows:
        yield PrebuiltTriplet(*(_text(row[name]) for name in names))


def _row(
    triplet: PrebuiltTriplet,
    identity: str,
    languages: tuple[str, str],
    groups: tuple[int, int],
    chrf: float,
    weight: float,
) -> TripletRow:
    return {
        "pair_id": identity,
        "anchor": triplet.anchor,
        "positive": triplet.positive,
        "negative": triplet.negative,
        "anchor_lang": languages[0],
        "positive_lang": languages[1],
        "negative_lang": languages[1],
        "group": groups[0],
        "negative_group": groups[1],
        "direction": "forward",
        "strategy": PREBUILT,
        "rank": 0,
        "score": None,
        "positive_similarity": None,
        "negative_similarity": None,
        "chrf": chrf,
        "weight": weight,
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _identity(triplet: PrebuiltTriplet, languages: tuple[str, str]) -> str:
    """16 hexadecimal digits from the languages and the texts."""
    joined = "\0".join((*languages, *triplet))
    return hashlib.blake2b(joined.encode(), digest_size=8).hexdigest()
