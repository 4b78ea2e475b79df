"""Measure an encoder: how often the nearest sentence of the other language is the translation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alignment.api.vectors import TextEncoder, unit_vectors
from alignment.errors import DataError
from alignment.gate import wilson
from alignment.retrieval.metrics import evaluate_pairs

Pair = tuple[str, str]
"""A sentence and its translation."""


@dataclass(frozen=True, eq=False)
class LanguageReport:
    """How one encoder does on the pairs of one language.

    Forward queries are the sources, backward queries the targets. A query is correct if its
    translation is strictly nearer than every other text of that side.

    Examples:
        >>> import alignment
        >>> import numpy as np
        >>> report = alignment.LanguageReport(np.array([True, True]), np.array([True, False]), "")
        >>> report.forward, report.backward, report.mean
        (1.0, 0.5, 0.75)
    """

    forward_correct: NDArray[np.bool_]
    """Per source (n,): whether its nearest target is the translation."""
    backward_correct: NDArray[np.bool_]
    """Per target (n,): whether its nearest source is the translation."""
    pairs_digest: str
    """Identifies the pairs, so that only reports on the same pairs are compared."""

    @property
    def n(self) -> int:
        """Number of pairs: queries per direction."""
        return len(self.forward_correct)

    @property
    def forward(self) -> float:
        """Accuracy@1 from sources to targets, in [0, 1]."""
        return float(self.forward_correct.mean())

    @property
    def backward(self) -> float:
        """Accuracy@1 from targets to sources, in [0, 1]."""
        return float(self.backward_correct.mean())

    @property
    def mean(self) -> float:
        """Mean of the two directions."""
        return (self.forward + self.backward) / 2

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval of `mean` over the 2n queries, (low, high)."""
        correct = int(self.forward_correct.sum() + self.backward_correct.sum())
        return wilson(correct, 2 * self.n)


@dataclass(frozen=True, eq=False)
class EvaluationReport:
    """How one encoder does on several languages; `print` it for a table.

    Examples:
        >>> import alignment
        >>> import numpy as np
        >>> welsh = alignment.LanguageReport(np.array([True, True]), np.array([True, False]), "")
        >>> print(alignment.EvaluationReport({"cy": welsh}))
        language     pairs  forward  backward    mean          95%
        cy               2    100.0      50.0    75.0    30.1-95.4
        mean                                    75.0
    """

    languages: Mapping[str, LanguageReport]

    @property
    def mean(self) -> float:
        """Mean accuracy@1 over languages, each counted once whatever its number of pairs."""
        return sum(language.mean for language in self.languages.values()) / len(self.languages)

    def __str__(self) -> str:
        lines = ["language     pairs  forward  backward    mean          95%"]
        for code, language in self.languages.items():
            low, high = language.interval
            interval = f"{100 * low:.1f}-{100 * high:.1f}"
            lines.append(
                f"{code:12} {language.n:5}  {100 * language.forward:7.1f}  "
                f"{100 * language.backward:8.1f}  {100 * language.mean:6.1f}  {interval:>11}"
            )
        lines.append(f"{'mean':37} {100 * self.mean:6.1f}")
        return "\n".join(lines)


def evaluate(encoder: TextEncoder, suites: Mapping[str, Sequence[Pair]]) -> EvaluationReport:
    """Accuracy@1 of bitext retrieval in both directions, per language, as the pipeline measures it.

    Each source is searched among all targets of its suite, and each target among all sources. A
    text that equals the translation counts as the translation; a tie with a wrong text counts as
    an error.

    Examples:
        >>> import alignment
        >>> import numpy as np
        >>> class Letters:
        ...     def encode(self, texts):
        ...         return np.array([[text.count(letter) for letter in "mbat"] for text in texts])
        >>> pairs = [("good morning", "god morgen"), ("good bread", "godt brød")]
        >>> report = alignment.evaluate(Letters(), {"nb": pairs})
        >>> report.languages["nb"].mean
        1.0

    Args:
        encoder: Anything with `encode(texts)`; vectors are normalized if they are not.
        suites: The pairs (source, target) by language. Any names will do as keys, such as
            "fi/tatoeba".

    Raises:
        DataError: if there is no suite, or one has no pairs.
    """
    if not suites:
        raise DataError("there are no pairs to evaluate on", where="suites")
    return EvaluationReport(
        {name: _evaluate_pairs(encoder, name, pairs) for name, pairs in suites.items()}
    )


def _evaluate_pairs(encoder: TextEncoder, name: str, pairs: Sequence[Pair]) -> LanguageReport:
    if not pairs:
        raise DataError("there are no pairs to evaluate on", where=f"suites[{name!r}]")
    sources = [source for source, _ in pairs]
    targets = [target for _, target in pairs]
    x = unit_vectors(encoder, sources)  # (n, dim)
    y = unit_vectors(encoder, targets, "target")  # (n, dim)
    outcomes = evaluate_pairs(x, y, sources, targets)
    digest = _digest(sources, targets)
    return LanguageReport(outcomes.forward.correct, outcomes.backward.correct, digest)


def _digest(sources: Sequence[str], targets: Sequence[str]) -> str:
    text = json.dumps([sources, targets])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
