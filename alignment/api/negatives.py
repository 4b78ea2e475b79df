"""Mine hard negatives: mismatched translations that look like the true ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.api.vectors import TextEncoder, unit_vectors
from alignment.cleaning.sentences import sentence_hashes
from alignment.errors import ConfigError, DataError
from alignment.retrieval.neighbors import nearest
from alignment.triplets.candidates import Candidates
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.guards import highest_similarity
from alignment.triplets.lexical import lexical_candidates
from alignment.triplets.near_duplicates import chrf_above
from alignment.triplets.negatives import random_candidates, semantic_candidates

NegativeStrategy = Literal["random", "lexical", "semantic"]
STRATEGIES: tuple[NegativeStrategy, ...] = ("random", "lexical", "semantic")
SOURCE = "source"  # equal texts of the two sides are two sentences
TARGET = "target"


class TextTriplet(NamedTuple):
    """A source, its translation and a mismatched translation."""

    anchor: str
    positive: str
    negative: str


@dataclass(frozen=True, eq=False)
class HardNegatives:
    """The negatives of each pair, best first.

    Examples:
        >>> import alignment
        >>> sources = ["Bore da", "Nos da"]
        >>> targets = ["Good morning", "Good night"]
        >>> negatives = alignment.mine_hard_negatives(sources, targets, strategy="lexical")
        >>> negatives.indices
        array([[1],
               [0]])
        >>> next(negatives.triplets())
        TextTriplet(anchor='Bore da', positive='Good morning', negative='Good night')
    """

    sources: Sequence[str]
    targets: Sequence[str]
    indices: NDArray[np.int64]
    """Rows of `targets` (n, num_negatives); -1 where no candidate passed the guards."""
    scores: NDArray[np.float32]
    """What the strategy ranks by (n, num_negatives), NaN at -1.

    Cosine for semantic, BM25 for lexical, 0 for random.
    """
    similarities: NDArray[np.float32]
    """Cosine of source and negative (n, num_negatives); NaN at -1 and without an encoder."""

    @property
    def texts(self) -> list[list[str | None]]:
        """The negatives themselves, None where `indices` has -1."""
        texts = []
        for rows in self.indices.tolist():
            texts.append([self._text(row) for row in rows])
        return texts

    def triplets(self) -> Iterator[TextTriplet]:
        """Source, translation and negative: one triplet for each negative that was chosen."""
        for source, target, negatives in zip(self.sources, self.targets, self.texts, strict=True):
            for negative in negatives:
                if negative is not None:
                    yield TextTriplet(source, target, negative)

    def _text(self, row: int) -> str | None:
        if row < 0:
            return None
        return self.targets[row]


def mine_hard_negatives(
    sources: Sequence[str],
    targets: Sequence[str],
    encoder: TextEncoder | None = None,
    *,
    strategy: NegativeStrategy = "semantic",
    num_negatives: int = 1,
    num_candidates: int = 16,
    skip_top: int = 0,
    relative_margin: float | None = None,
    max_chrf: float = 60.0,
    target_language: str = "und",
    seed: int = 13,
) -> HardNegatives:
    """For each pair, targets of other pairs that look like its translation and are not.

    Three guards keep false negatives out, the same that the pipeline applies. A candidate is
    refused if it means the same as the true translation (both translate one sentence, directly or
    through others), if it is spelled nearly the same (`max_chrf`), or if it is too near to the
    source (`relative_margin`).

    Examples:
        >>> import alignment
        >>> sources = ["Bore da", "Bore da!", "Prynhawn da", "Mae'r gath yn cysgu"]
        >>> targets = ["Good morning", "Morning", "Good afternoon", "The cat is asleep"]
        >>> negatives = alignment.mine_hard_negatives(sources, targets, strategy="lexical")
        >>> negatives.texts
        [['Good afternoon'], [None], ['Good morning'], [None]]

    The second pair gets none: the only target that shares a word translates the same sentence.
    With `strategy="random"` every pair gets one, as long as some target means something else:

    Examples:
        >>> alignment.mine_hard_negatives(sources, targets, strategy="random").indices.ravel() >= 0
        array([ True,  True,  True,  True])

    Args:
        sources: The anchors, n texts.
        targets: Their translations, in the same order. Negatives are taken from them.
        encoder: Anything with `encode(texts)`. Needed for `semantic` and for `relative_margin`.
        strategy: "semantic" takes the targets nearest to the source, "lexical" those that share
            most words with the true translation (BM25), "random" any.
        num_negatives: Negatives per pair.
        num_candidates: Candidates examined per pair, at least `num_negatives`. Raise it if many
            pairs get none.
        skip_top: Leave out this many nearest targets (semantic only): they are the likeliest
            false negatives.
        relative_margin: In [0, 1). A negative's cosine must be at least this share below that of
            the true translation; None switches the guard off.
        max_chrf: In (0, 100]. A candidate with a higher chrF against the true translation is
            refused.
        target_language: BCP-47 code of the targets. Only `lexical` uses it: Japanese, Thai or
            Chinese text is split into characters, not words.
        seed: Draws the candidates of `random`.

    Raises:
        DataError: if there are not as many targets as sources.
        ConfigError: if an argument is out of range, or the encoder is missing.
    """
    _check(strategy, num_negatives, num_candidates, encoder, relative_margin)
    if len(sources) != len(targets):
        raise DataError(f"got {len(sources)} sources and {len(targets)} targets")
    vectors = _encode(encoder, sources, targets)
    settings = _Search(strategy, num_candidates, skip_top, target_language, seed)
    candidates = _candidates(targets, vectors, settings)
    guards = _Guards(targets, _meanings(sources, targets), vectors, relative_margin, max_chrf)
    negatives = _empty(sources, targets, num_negatives)
    for row in range(len(targets)):
        _choose(row, candidates, guards, negatives)
    return negatives


class _Vectors(NamedTuple):
    """Unit vectors of both sides, (n, dim) each."""

    sources: NDArray[np.float32]
    targets: NDArray[np.float32]


class _Search(NamedTuple):
    """Where candidates come from."""

    strategy: NegativeStrategy
    num_candidates: int
    skip_top: int
    target_language: str
    seed: int


class _Guards(NamedTuple):
    """Decides which candidate may be a negative."""

    targets: Sequence[str]
    meanings: NDArray[np.int64]
    """Meaning group of each pair (n,)."""
    vectors: _Vectors | None
    relative_margin: float | None
    max_chrf: float

    def similarities(self, row: int, candidates: NDArray[np.int32]) -> NDArray[np.float32]:
        """Cosine of a source and the candidates (k,); NaN without vectors."""
        if self.vectors is None:
            return np.full(len(candidates), np.nan, np.float32)
        cosines: NDArray[np.float32] = self.vectors.targets[candidates] @ self.vectors.sources[row]
        return cosines

    def passes(self, row: int, candidate: int, similarity: float) -> bool:
        """Whether `candidate` may be a negative of pair `row`; the cheap guards come first."""
        if self.meanings[candidate] == self.meanings[row]:
            return False
        if similarity > self._highest_similarity(row):
            return False
        chrf = chrf_above(self.targets[candidate], self.targets[row], self.max_chrf)
        return chrf is None or chrf <= self.max_chrf

    def _highest_similarity(self, row: int) -> float:
        """Highest cosine that a negative of this pair may have."""
        if self.vectors is None:
            return highest_similarity(None, self.relative_margin)
        positive = float(self.vectors.sources[row] @ self.vectors.targets[row])
        return highest_similarity(positive, self.relative_margin)


def _check(
    strategy: str,
    num_negatives: int,
    num_candidates: int,
    encoder: TextEncoder | None,
    relative_margin: float | None,
) -> None:
    if strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise ConfigError(f"expected one of {known}, got {strategy!r}", where="strategy")
    if not 1 <= num_negatives <= num_candidates:
        raise ConfigError(
            f"expected 1 to num_candidates ({num_candidates}), got {num_negatives}",
            where="num_negatives",
        )
    if encoder is None and (strategy == "semantic" or relative_margin is not None):
        raise ConfigError(
            "strategy='semantic' and relative_margin need an encoder",
            where="encoder",
            hint="Pass one from alignment.load_encoder, or use strategy='lexical'.",
        )


def _encode(
    encoder: TextEncoder | None, sources: Sequence[str], targets: Sequence[str]
) -> _Vectors | None:
    if encoder is None:
        return None
    return _Vectors(
        unit_vectors(encoder, sources, "source"), unit_vectors(encoder, targets, "target")
    )


def _candidates(targets: Sequence[str], vectors: _Vectors | None, search: _Search) -> Candidates:
    """Rows of `targets` for each pair, best first, (n, num_candidates)."""
    k = search.num_candidates
    if search.strategy == "semantic" and vectors is not None:
        neighbors = nearest(vectors.sources, vectors.targets, search.skip_top + k + 1)
        return semantic_candidates(*neighbors, k, search.skip_top)
    if search.strategy == "lexical":
        return lexical_candidates(targets, k, search.target_language)
    return random_candidates([str(row) for row in range(len(targets))], k, search.seed)


def _meanings(sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.int64]:
    """The meaning group of each pair (n,): equal sources or equal targets connect pairs."""
    source_hashes = sentence_hashes(SOURCE, sources)
    target_hashes = sentence_hashes(TARGET, targets)
    groups = MeaningGroups.of([(source_hashes, target_hashes)])
    return groups.find(source_hashes)


def _empty(sources: Sequence[str], targets: Sequence[str], num_negatives: int) -> HardNegatives:
    shape = (len(targets), num_negatives)
    return HardNegatives(
        sources,
        targets,
        indices=np.full(shape, -1, np.int64),
        scores=np.full(shape, np.nan, np.float32),
        similarities=np.full(shape, np.nan, np.float32),
    )


def _choose(row: int, candidates: Candidates, guards: _Guards, negatives: HardNegatives) -> None:
    """Fill in the first candidates of one pair that pass the guards, each of another meaning."""
    rows = candidates.rows[row]
    rows = rows[rows >= 0]
    cosines = guards.similarities(row, rows)
    chosen: list[int] = []  # meaning groups
    for rank, candidate in enumerate(rows.tolist()):
        place = len(chosen)
        if place == negatives.indices.shape[1]:
            return
        meaning = int(guards.meanings[candidate])
        if meaning in chosen or not guards.passes(row, candidate, float(cosines[rank])):
            continue
        chosen.append(meaning)
        negatives.indices[row, place] = candidate
        negatives.scores[row, place] = candidates.scores[row, rank]
        negatives.similarities[row, place] = cosines[rank]
