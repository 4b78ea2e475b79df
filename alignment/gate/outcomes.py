"""What the gate judges: the answers of two encoders to the same queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from alignment.gate.exports import ExportOutcome
from alignment.gate.further import Further
from alignment.types import NO_MEASURES, SuiteMeasures


class PairedOutcomes(NamedTuple):
    """Right or wrong per query of one direction, of both encoders in the same order."""

    reference: Sequence[bool]
    candidate: Sequence[bool]


class SuiteOutcomes(NamedTuple):
    """The outcomes of one language on one suite, in both directions."""

    language: str
    suite: str
    forward: PairedOutcomes
    """Queries in the pivot language."""
    backward: PairedOutcomes
    """Queries in the other language."""
    not_finite: int = 0
    """Pairs for which the candidate gives a vector that is not finite."""
    tied: int = 0
    """Queries whose translation and nearest wrong text have the same similarity, as the candidate
    sees it."""
    leaked: int = 0
    """Sentences of the suite that the candidate was trained on."""
    further: tuple[Further, ...] = ()
    """Measurements besides the accuracy; retrieval suites come with the language's first suite."""
    exports: tuple[ExportOutcome, ...] = ()
    """Of the candidate's ONNX graphs."""
    measures: SuiteMeasures = NO_MEASURES
    """F1, xsim, MRR and the others of the candidate."""

    @property
    def n(self) -> int:
        """Pairs of the suite."""
        return len(self.forward.candidate)


class Changes(NamedTuple):
    """Pairs by how many right answers the candidate has more than the reference.

    A pair is asked twice, once in each direction, and the two answers are not independent: a pair
    counts as one observation d in {-2, -1, 0, 1, 2}.
    """

    lost_twice: int = 0
    lost: int = 0
    won: int = 0
    won_twice: int = 0

    @property
    def net_losses(self) -> int:
        """Right answers that the reference has more than the candidate: -sum(d)."""
        return 2 * self.lost_twice + self.lost - self.won - 2 * self.won_twice

    @property
    def ones(self) -> int:
        """Pairs with |d| = 1."""
        return self.lost + self.won

    @property
    def twos(self) -> int:
        """Pairs with |d| = 2."""
        return self.lost_twice + self.won_twice

    @property
    def lost_squares(self) -> int:
        """Sum of d² over the pairs that were lost."""
        return 4 * self.lost_twice + self.lost

    def __add__(self, other: object) -> Changes:
        """The changes of two suites together."""
        if not isinstance(other, Changes):
            return NotImplemented
        return Changes(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def count_changes(outcomes: SuiteOutcomes) -> Changes:
    """The pairs of a suite by the difference between the two encoders.

    Examples:
        >>> better = PairedOutcomes(reference=[True, False], candidate=[True, True])
        >>> worse = PairedOutcomes(reference=[True, False], candidate=[False, True])
        >>> count_changes(SuiteOutcomes("cy", "tatoeba", better, worse))
        Changes(lost_twice=0, lost=1, won=0, won_twice=1)

    Raises:
        ValueError: if the directions or the encoders have different numbers of queries.
    """
    counts = dict.fromkeys((-2, -1, 0, 1, 2), 0)
    answers = zip(*outcomes.forward, *outcomes.backward, strict=True)
    for forward_before, forward_after, backward_before, backward_after in answers:
        before = bool(forward_before) + bool(backward_before)
        after = bool(forward_after) + bool(backward_after)
        counts[after - before] += 1
    return Changes(counts[-2], counts[-1], counts[1], counts[2])
