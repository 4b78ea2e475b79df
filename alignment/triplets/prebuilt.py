"""Prebuilt triplets (NLI entailment and contradiction, query with relevant and irrelevant document) past the same guards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from alignment.triplets.near_duplicates import near_duplicate_score
from alignment.types import FilterReport

Groups = Callable[[str, str], int]
"""The meaning group of a text in a language."""


class Ready(NamedTuple):
    """One ready triplet with normalized texts."""

    anchor: str
    positive: str
    negative: str


class Guarded(NamedTuple):
    """What passed, as rows of `tables.TRIPLETS`, and the ledger."""

    rows: list[dict[str, Any]]
    report: FilterReport


def guarded(
    triplets: Sequence[Ready],
    leaks: Sequence[bool],
    languages: tuple[str, str],
    groups: Groups,
    *,
    max_chrf: float,
    most: int,
    weight: float,
) -> Guarded:
    """Those that may be trained on, at most `most` of them, chosen by a hash of their texts.

    `leaks` says which hold a sentence of an evaluation suite; `languages` are those of the anchor and of
    the other two. Dropped are: empty texts, leaks, a negative of the positive's meaning group or nearly the
    same (chrF above `max_chrf`), repetitions, and what is over the share.
    """
    dropped = dict.fromkeys(
        ("empty", "contaminated", "same_meaning", "near_duplicate", "duplicate", "over_share"), 0
    )
    passed: dict[str, dict[str, Any]] = {}
    for triplet, leak in zip(triplets, leaks, strict=True):
        identity = hashlib.blake2b(
            "\0".join((*languages, *triplet)).encode(), digest_size=8
        ).hexdigest()
        positive, negative = (
            groups(languages[1], triplet.positive),
            groups(languages[1], triplet.negative),
        )
        chrf = 0.0
        if not all(triplet):
            reason = "empty"
        elif leak:
            reason = "contaminated"
        elif negative in (positive, groups(languages[0], triplet.anchor)):
            reason = "same_meaning"
        elif (chrf := near_duplicate_score(triplet.negative, triplet.positive)) > max_chrf:
            reason = "near_duplicate"
        elif identity in passed:
            reason = "duplicate"
        else:
            passed[identity] = _row(
                identity, triplet, languages, (positive, negative), chrf, weight
            )
            continue
        dropped[reason] += 1
    kept = [passed[identity] for identity in sorted(passed)[:most]]
    dropped["over_share"] = len(passed) - len(kept)
    return Guarded(
        kept,
        FilterReport(
            len(triplets), len(kept), {name: count for name, count in dropped.items() if count}
        ),
    )


def _row(
    identity: str,
    triplet: Ready,
    languages: tuple[str, str],
    groups: tuple[int, int],
    chrf: float,
    weight: float,
) -> dict[str, Any]:
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
        "strategy": "ready",
        "rank": 0,
        "score": None,
        "positive_similarity": None,
        "negative_similarity": None,
        "chrf": chrf,
        "weight": weight,
    }


def read_ready(
    rows: Iterable[tuple[int, dict[str, Any]]], names: tuple[str, str, str]
) -> Iterator[Ready]:
    """Table rows as triplets; what is not text reads as empty."""
    for _, row in rows:
        texts = [row[name] if isinstance(row[name], str) else "" for name in names]
        yield Ready(*texts)
