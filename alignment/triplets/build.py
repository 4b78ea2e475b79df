"""Choose one negative per pair and direction that the guards against false negatives allow.

To add a strategy that names rows of candidates, mine them; nothing changes here. A strategy that
writes the text of its negatives itself, as `edited` does, gets a branch in `_Chooser.negative`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alignment.config import CorpusDirection, Triplets
from alignment.edits.meaning import edit_meaning
from alignment.edits.rules import shared_names
from alignment.triplets.audit import GuardCounts
from alignment.triplets.candidates import Lookup
from alignment.triplets.groups import GroupLookup
from alignment.triplets.guards import highest_similarity
from alignment.triplets.near_duplicates import chrf_above, near_duplicate_score
from alignment.triplets.rows import TripletRow
from alignment.types import FALLBACKS, STRATEGIES, Direction, Strategy, Triplet

IN_ANCHOR_LANGUAGE: tuple[Strategy, ...] = ("cross",)
"""Strategies whose negatives are texts of the anchor's language, not of the positive's."""


class PairColumns(NamedTuple):
    """One language's pairs as columns (n,), with the meaning group of each."""

    language: str
    ids: Sequence[str]
    source: Sequence[str]
    target: Sequence[str]
    groups: Sequence[int]
    corpora: Sequence[str]


class CorpusUsage(NamedTuple):
    """How the pairs of one corpus are used."""

    weight: float = 1.0
    direction: CorpusDirection = "both"

    def directions(self) -> tuple[Direction, ...]:
        """Directions in which triplets are built."""
        if self.direction == "from_pivot":
            return ("forward",)
        if self.direction == "to_pivot":
            return ("backward",)
        return ("forward", "backward")


@dataclass(frozen=True)
class BuildOptions:
    """What the choice of negatives depends on besides the pairs and their candidates."""

    settings: Triplets
    pivot: str
    """Language of the sources."""
    seed: int
    """Of the choice of a strategy."""
    group_of: GroupLookup
    """Meaning group of an edited negative."""
    usage: Mapping[str, CorpusUsage] = field(default_factory=dict)
    """By corpus; one that is missing is used in both directions with weight 1."""
    names: Sequence[str] | None = None
    """Names for edited negatives; None finds them in the pairs, all of which are read."""


def build_triplets(
    pairs: PairColumns,
    candidates: Lookup,
    options: BuildOptions,
    counts: GuardCounts,
    *,
    rows: range | None = None,
) -> Iterator[TripletRow]:
    """Triplets of each pair in the directions that its corpus allows, in the order of the pairs.

    Args:
        pairs: all pairs of one language.
        candidates: where to find the candidates of a pair, a direction and a strategy.
        options: settings and whatever else the choice depends on.
        counts: receives what the guards did.
        rows: the pairs to build triplets of; None builds those of all pairs.
    """
    chooser = _Chooser(pairs, candidates, options, counts)
    for row in rows if rows is not None else range(len(pairs.ids)):
        usage = options.usage.get(pairs.corpora[row], CorpusUsage())
        for direction in usage.directions():
            triplet = chooser.choose(row, direction, usage.weight)
            if triplet is not None:
                yield triplet


def choose_strategy(identity: str, settings: Triplets) -> Strategy:
    """Draw a strategy by the configured shares; the same identity always draws the same one."""
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


class _Query(NamedTuple):
    """One pair in one direction."""

    row: int
    direction: Direction
    side: _Side


class _Negative(NamedTuple):
    """A text that passed the guards."""

    text: str
    group: int
    rank: int
    score: float | None
    positive_similarity: float | None
    similarity: float | None
    chrf: float | None


class _Chooser:
    """Chooses negatives for the pairs of one language."""

    def __init__(
        self, pairs: PairColumns, candidates: Lookup, options: BuildOptions, counts: GuardCounts
    ) -> None:
        self.pairs = pairs
        self.candidates = candidates
        self.options = options
        self.settings = options.settings
        self.counts = counts
        language = pairs.language
        self.sides: dict[Direction, _Side] = {
            "forward": _Side(pairs.source, pairs.target, options.pivot, language),
            "backward": _Side(pairs.target, pairs.source, language, options.pivot),
        }
        self.names: Sequence[str] = options.names or ()
        if self.settings.shares.edited and options.names is None:
            self.names = shared_names(zip(pairs.source, pairs.target, strict=True))

    def choose(self, row: int, direction: Direction, weight: float) -> TripletRow | None:
        """The triplet of a pair: by the drawn strategy, else by the first fallback that has one."""
        query = _Query(row, direction, self.sides[direction])
        identity = f"{self.options.seed}:{self.pairs.ids[row]}:{direction}"
        drawn = choose_strategy(identity, self.settings)
        fallbacks = [strategy for strategy in FALLBACKS if strategy != drawn]
        for strategy in (drawn, *fallbacks):
            negative = self.negative(query, strategy)
            if negative is not None:
                self.counts.fallback += strategy != drawn
                self.counts.built[strategy] += 1
                return self._triplet(query, strategy, negative, weight)
        self.counts.unfilled += 1
        return None

    def negative(self, query: _Query, strategy: Strategy) -> _Negative | None:
        """The best negative that a strategy has for a pair, if any passes the guards."""
        if strategy == "edited":
            return self._edited(query)
        return self._first_allowed(query, strategy)

    def _first_allowed(self, query: _Query, strategy: Strategy) -> _Negative | None:
        """The first candidate that passes the guards."""
        mined = self.candidates.get((query.row, query.direction, strategy))
        if mined is None:
            return None
        anchor_language = strategy in IN_ANCHOR_LANGUAGE
        pool = query.side.anchors if anchor_language else query.side.positives
        groups = self.pairs.groups
        counts = self.counts
        similarities = mined.similarities
        highest = highest_similarity(mined.positive_similarity, self.settings.relative_margin)
        for rank, candidate in enumerate(mined.candidates):
            counts.considered += 1
            if groups[candidate] == groups[query.row]:
                counts.same_meaning += 1
                continue
            similarity = None if similarities is None else similarities[rank]
            if similarity is not None and similarity > highest:
                counts.too_close += 1
                continue
            text = pool[candidate]
            chrf = chrf_above(text, pool[query.row], self.settings.max_chrf)
            if chrf is not None and chrf > self.settings.max_chrf:
                counts.near_duplicate += 1
                continue
            return _Negative(
                text=text,
                group=groups[candidate],
                rank=rank,
                score=mined.scores[rank],
                positive_similarity=mined.positive_similarity,
                similarity=similarity,
                chrf=chrf,
            )
        return None

    def _edited(self, query: _Query) -> _Negative | None:
        """The true translation with another meaning.

        If a pair has the edited sentence, its meaning group is that pair's.
        """
        side = query.side
        anchor = side.anchors[query.row]
        positive = side.positives[query.row]
        language = side.positive_language
        identity = f"{self.pairs.ids[query.row]}:{language}"
        text = edit_meaning(positive, language, identity, anchor=anchor, names=self.names)
        if text is None or text == anchor:
            return None
        group = self.options.group_of(language, text)
        if group == self.pairs.groups[query.row]:
            return None
        mined = self.candidates.get((query.row, query.direction, "random"))
        return _Negative(
            text=text,
            group=group,
            rank=0,
            score=None,
            positive_similarity=mined.positive_similarity if mined else None,
            similarity=None,
            chrf=near_duplicate_score(text, positive),
        )

    def _triplet(
        self, query: _Query, strategy: Strategy, negative: _Negative, weight: float
    ) -> TripletRow:
        row = query.row
        side = query.side
        negative_language = side.positive_language
        if strategy in IN_ANCHOR_LANGUAGE:
            negative_language = side.anchor_language
        triplet = Triplet(
            side.anchors[row],
            side.positives[row],
            negative.text,
            self.pairs.groups[row],
            negative.group,
        )
        return {
            "pair_id": self.pairs.ids[row],
            "anchor": triplet.anchor,
            "positive": triplet.positive,
            "negative": triplet.negative,
            "anchor_lang": side.anchor_language,
            "positive_lang": side.positive_language,
            "negative_lang": negative_language,
            "group": triplet.positive_group,
            "negative_group": triplet.negative_group,
            "direction": query.direction,
            "strategy": strategy,
            "rank": negative.rank,
            "score": negative.score,
            "positive_similarity": negative.positive_similarity,
            "negative_similarity": negative.similarity,
            "chrf": negative.chrf,
            "weight": weight,
        }
