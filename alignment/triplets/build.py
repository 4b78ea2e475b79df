"""Choose one mismatched translation per pair and direction, past the guards against false negatives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from alignment.config import CorpusDirection, Triplets
from alignment.triplets.candidates import Lookup, Mined
from alignment.triplets.edits import edited, shared_names
from alignment.triplets.near_duplicates import chrf_above, near_duplicate_score
from alignment.types import FALLBACKS, STRATEGIES, Direction, Strategy, Triplet


class Texts(NamedTuple):
    """One language's pairs as columns, with the meaning group of each."""

    language: str
    ids: Sequence[str]
    source: Sequence[str]
    target: Sequence[str]
    groups: Sequence[int]
    corpora: Sequence[str]


Meaning = Callable[[str, str], int]
"""The meaning group of a language's sentence, which may stand in no pair."""


class Use(NamedTuple):
    """How the pairs of one corpus are used."""

    weight: float = 1.0
    direction: CorpusDirection = "both"

    def anchors(self) -> tuple[Direction, ...]:
        """Directions in which triplets are built."""
        one: dict[CorpusDirection, Direction] = {"from_pivot": "forward", "to_pivot": "backward"}
        return (one[self.direction],) if self.direction in one else ("forward", "backward")


@dataclass
class Audit:
    """What the guards did, per language."""

    looked_at: int = 0
    same_meaning: int = 0
    near_duplicate: int = 0
    too_close: int = 0
    """Nearer to the anchor under the base encoder than `relative_margin` allows."""
    fallback: int = 0
    """Triplets whose own strategy had no candidate left; another one's was taken."""
    without: int = 0
    """Pairs and directions for which no strategy had a candidate."""
    built: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STRATEGIES, 0))
    """Triplets by the strategy that gave their negative."""

    def add(self, other: Audit) -> None:
        """Count what was built elsewhere."""
        for name in (
            "looked_at",
            "same_meaning",
            "near_duplicate",
            "too_close",
            "fallback",
            "without",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for strategy, count in other.built.items():
            self.built[strategy] += count


def build_triplets(
    texts: Texts,
    mined: Lookup,
    settings: Triplets,
    audit: Audit,
    *,
    uses: Mapping[str, Use],
    seed: int,
    pivot: str,
    meaning: Meaning,
    rows: range | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows of `tables.TRIPLETS`, the directions of each pair that its corpus allows, in the pairs' order.

    Of all pairs, or of some `rows` of them.
    """
    names = (
        shared_names(zip(texts.source, texts.target, strict=True)) if settings.shares.edited else ()
    )
    for row in range(len(texts.ids)) if rows is None else rows:
        identity = texts.ids[row]
        use = uses.get(texts.corpora[row], Use())
        for direction in use.anchors():
            wanted = choose_strategy(f"{seed}:{identity}:{direction}", settings)
            order = [wanted, *(strategy for strategy in FALLBACKS if strategy != wanted)]
            side = _side(texts, direction, pivot)
            for strategy in order:
                given = mined.get((row, direction, strategy))
                if strategy == "edited":
                    triplet = _edited(
                        texts, side, row, mined.get((row, direction, "random")), names, meaning
                    )
                else:
                    triplet = given and _first_allowed(
                        texts, side, row, given, settings, audit, own=strategy == "cross"
                    )
                if triplet:
                    audit.fallback += strategy != wanted
                    audit.built[strategy] += 1
                    yield {
                        **triplet,
                        "strategy": strategy,
                        "weight": use.weight,
                        "direction": direction,
                        "anchor_lang": side.anchor_language,
                        "positive_lang": side.positive_language,
                        "negative_lang": side.anchor_language
                        if strategy == "cross"
                        else side.positive_language,
                    }
                    break
            else:
                audit.without += 1


def choose_strategy(identity: str, settings: Triplets) -> Strategy:
    """A strategy by the configured shares, the same for the same identity."""
    digest = hashlib.blake2b(identity.encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") / 2**64
    for strategy in STRATEGIES:
        point -= getattr(settings.shares, strategy)
        if point < 0:
            return strategy
    return STRATEGIES[-1]


class _Side(NamedTuple):
    """One direction of a language's pairs."""

    anchors: Sequence[str]
    positives: Sequence[str]
    anchor_language: str
    positive_language: str


def _side(texts: Texts, direction: Direction, pivot: str) -> _Side:
    if direction == "forward":
        return _Side(texts.source, texts.target, pivot, texts.language)
    return _Side(texts.target, texts.source, texts.language, pivot)


def _first_allowed(
    texts: Texts,
    side: _Side,
    row: int,
    given: Mined,
    settings: Triplets,
    audit: Audit,
    *,
    own: bool,
) -> dict[str, Any] | None:
    """The first candidate that passes the guards; with `own` its text in the anchor's language."""
    pool = side.anchors if own else side.positives
    positive, cosines, most = (
        given.positive_similarity,
        given.similarities,
        2.0,
    )  # no cosine is higher
    if settings.relative_margin is not None and positive is not None:
        most = positive - settings.relative_margin * abs(positive)
    for rank, candidate in enumerate(given.candidates):
        audit.looked_at += 1
        if texts.groups[candidate] == texts.groups[row]:
            audit.same_meaning += 1
            continue
        if cosines is not None and cosines[rank] > most:
            audit.too_close += 1
            continue
        chrf = chrf_above(pool[candidate], pool[row], settings.max_chrf)
        if chrf is not None and chrf > settings.max_chrf:
            audit.near_duplicate += 1
            continue
        triplet = Triplet(
            side.anchors[row],
            side.positives[row],
            pool[candidate],
            texts.groups[row],
            texts.groups[candidate],
        )
        return {
            **_row(texts, row, triplet),
            "rank": rank,
            "score": given.scores[rank],
            "positive_similarity": positive,
            "negative_similarity": None if cosines is None else cosines[rank],
            "chrf": chrf,
        }
    return None


def _edited(
    texts: Texts,
    side: _Side,
    row: int,
    measured: Mined | None,
    names: Sequence[str],
    meaning: Meaning,
) -> dict[str, Any] | None:
    """The true translation with another meaning: that of a pair which has this sentence, else one of its own."""
    anchor, language = side.anchors[row], side.positive_language
    text = edited(
        side.positives[row], language, f"{texts.ids[row]}:{language}", anchor=anchor, names=names
    )
    if text is None or text == anchor:
        return None
    group = meaning(language, text)
    if group == texts.groups[row]:
        return None
    triplet = Triplet(anchor, side.positives[row], text, texts.groups[row], group)
    return {
        **_row(texts, row, triplet),
        "rank": 0,
        "score": None,
        "positive_similarity": measured.positive_similarity if measured else None,
        "negative_similarity": None,
        "chrf": near_duplicate_score(text, side.positives[row]),
    }


def _row(texts: Texts, row: int, triplet: Triplet) -> dict[str, Any]:
    return {
        "pair_id": texts.ids[row],
        "anchor": triplet.anchor,
        "positive": triplet.positive,
        "negative": triplet.negative,
        "group": triplet.positive_group,
        "negative_group": triplet.negative_group,
    }
