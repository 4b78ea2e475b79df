"""Measure any encoder on parallel text, without a training run."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alignment import languages
from alignment.corpora.source import Source
from alignment.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alignment.encoder.encoder import Encoder
    from alignment.gate import SuiteOutcomes
    from alignment.retrieval.bootstrap import Interval
    from alignment.retrieval.measures import Measures

ALL_LANGUAGES = "*"
"""Of a source that does not name its languages."""


@dataclass(frozen=True)
class Bitext:
    """The pairs of one language that encoders are measured on, each pair once."""

    language: str
    sources: list[str]
    """In the pivot language."""
    targets: list[str]

    @property
    def digest(self) -> str:
        """Identifies the pairs: numbers on different pairs must not be compared."""
        text = json.dumps([self.sources, self.targets])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class LanguageScores:
    """How one encoder does on one `Bitext`."""

    language: str
    digest: str
    """Of the pairs."""
    pairs: int
    forward: Measures
    """From the pivot to the language."""
    backward: Measures
    """From the language to the pivot."""
    correct: NDArray[np.bool_]
    """Whether each query found its translation (2n,): the forward queries, then the backward."""

    @property
    def accuracy(self) -> float:
        """Accuracy@1, the mean of both directions, in [0, 1]."""
        return (self.forward.accuracy + self.backward.accuracy) / 2

    @property
    def by_pair(self) -> NDArray[np.float64]:
        """Share of right directions of each pair (n,): 0, 0.5 or 1."""
        mean: NDArray[np.float64] = self.correct.reshape(2, -1).mean(axis=0)
        return mean


@dataclass(frozen=True)
class LanguageChange:
    """One language under two encoders, measured on the same pairs."""

    language: str
    before: float
    """Accuracy@1, the mean of both directions, in [0, 1]."""
    after: float
    wins: int
    """Queries that only the new encoder got right."""
    losses: int
    p_worse: float
    """One-sided p-value for "the new encoder is worse", by the gate's exact test of pairs."""


def offered_languages(source: Source) -> list[str]:
    """Canonical codes of a source's languages.

    Raises:
        DataError: if the source does not name its languages.
    """
    spellings = source.languages()
    if ALL_LANGUAGES in spellings:
        raise DataError(
            "the suite does not say which languages it has",
            where="--suite",
            hint="Name them, for example `--language cy`.",
        )
    codes = {languages.code_of(spelling, spellings) for spelling in spellings}
    return sorted(code for code in codes if code)


def read_bitext(source: Source, language: str) -> Bitext:
    """The distinct pairs of one language, in the order of the suite.

    Raises:
        DataError: if there are none.
    """
    pairs = dict.fromkeys((pair.source, pair.target) for pair in source.pairs(language))
    if not pairs:
        raise DataError(
            f"the suite has no pairs in {language}",
            where="--suite",
            hint="Check the path, the columns and the language code.",
        )
    return Bitext(language, [first for first, _ in pairs], [second for _, second in pairs])


def measure_encoder(
    encoder: Encoder, suites: Sequence[Bitext], on_language: Callable[[str], None] = lambda _: None
) -> list[LanguageScores]:
    """All measures on every bitext; each distinct sentence is encoded once per side."""
    scores = []
    for bitext in suites:
        scores.append(_measure(encoder, bitext))
        on_language(bitext.language)
    return scores


def _measure(encoder: Encoder, bitext: Bitext) -> LanguageScores:
    import numpy as np

    from alignment.retrieval.measures import measure_pairs

    x = encoder.encode(bitext.sources, side="source")
    y = encoder.encode(bitext.targets, side="target")
    both = measure_pairs(x, y, bitext.sources, bitext.targets)
    return LanguageScores(
        language=bitext.language,
        digest=bitext.digest,
        pairs=len(bitext.sources),
        forward=both.forward,
        backward=both.backward,
        correct=np.concatenate([both.forward_outcomes.correct, both.backward_outcomes.correct]),
    )


def macro_mean(scores: Sequence[LanguageScores]) -> float:
    """Mean accuracy over languages, each counted once, in [0, 1]."""
    return statistics.mean(language.accuracy for language in scores)


def micro_mean(scores: Sequence[LanguageScores]) -> float:
    """Mean accuracy over all queries, in [0, 1]."""
    correct = sum(int(language.correct.sum()) for language in scores)
    return correct / sum(2 * language.pairs for language in scores)


def changes(
    before: Sequence[LanguageScores], after: Sequence[LanguageScores]
) -> Iterator[LanguageChange]:
    """Compare two encoders language by language.

    Raises:
        ValueError: if they were measured on different pairs.
    """
    from alignment.gate import count_changes, count_discordant, p_worse

    for old, new in zip(before, after, strict=True):
        if old.digest != new.digest:
            raise ValueError(f"{old.language}: the encoders were measured on different pairs")
        wins, losses = count_discordant(old.correct.tolist(), new.correct.tolist())
        p = p_worse(count_changes(_paired(old, new)), allowed=0)
        yield LanguageChange(old.language, old.accuracy, new.accuracy, wins, losses, p)


def _paired(old: LanguageScores, new: LanguageScores) -> SuiteOutcomes:
    """The answers of both encoders, by direction."""
    from alignment.gate import PairedOutcomes, SuiteOutcomes

    before = old.correct.reshape(2, -1).tolist()
    after = new.correct.reshape(2, -1).tolist()
    forward, backward = map(PairedOutcomes, before, after)
    return SuiteOutcomes(old.language, "pairs", forward, backward)


def mean_change(before: Sequence[LanguageScores], after: Sequence[LanguageScores]) -> Interval:
    """Change of the macro mean, with its 95% interval by paired bootstrap."""
    from alignment.retrieval.bootstrap import paired_bootstrap

    return paired_bootstrap([old.by_pair for old in before], [new.by_pair for new in after])
