"""Simulated answers for the study of the gate: a reference, and candidates as good or worse.

A pair is asked in both directions, so 0, 1 or 2 of its answers are right. Every model answers as a
common model of the suite does, except where chance made its training come out otherwise; the
reference is one such model and every candidate another. So the candidates of many nights share the
luck that the reference had with the suite.

The numbers are those of three trainings of the quickstart on the same triplets, on 400 Tatoeba
pairs in six languages: they disagree on 18% as many queries as independent models of their accuracy
would, and the two directions of a pair correlate with 0.63.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DISAGREEMENT = 0.18
"""Of two equally good models, as a share of that of independent ones."""
CORRELATION = 0.63
"""Of the two directions of a pair."""
LOST_TWICE = 0.2
"""Share of the losses of a worse model that take both directions of a pair."""


class Language(NamedTuple):
    """The chances of one language; a state is the number of right answers to a pair."""

    states: Floats
    """Of the common model (3,)."""
    retrained: Floats
    """State of a model (3, 3) by that of the common model."""


class Changed(NamedTuple):
    """Pairs by how many right answers a candidate has more, each of one shape."""

    lost_twice: Ints
    lost: Ints
    won: Ints
    won_twice: Ints

    @property
    def net_losses(self) -> Ints:
        """Right answers that the reference has more."""
        return 2 * self.lost_twice + self.lost - self.won - 2 * self.won_twice

    @property
    def ones(self) -> Ints:
        """Pairs with one changed answer."""
        return self.lost + self.won

    @property
    def twos(self) -> Ints:
        """Pairs with two changed answers."""
        return self.lost_twice + self.won_twice


def language(accuracy: float) -> Language:
    """The chances of a language of this accuracy, in (0, 1)."""
    both = accuracy**2 + CORRELATION * accuracy * (1 - accuracy)
    one = accuracy - both
    joint = np.array([1 - 2 * accuracy + both, one, one, both])  # of 00, 01, 10, 11
    share = _share_for(joint, accuracy)
    kernel = _kernel(joint, share)
    rows = np.stack([kernel[0], (kernel[1] + kernel[2]) / 2, kernel[3]])
    retrained = np.stack([rows[:, 0], rows[:, 1] + rows[:, 2], rows[:, 3]], axis=1)
    return Language(np.array([joint[0], joint[1] + joint[2], joint[3]]), retrained)


class Suites:
    """The suites of many series of runs: what the common model and the reference answer."""

    def __init__(
        self, languages: list[Language], sizes: Ints, series: int, generator: np.random.Generator
    ) -> None:
        self.generator = generator
        self.sizes = sizes
        self.retrained = np.stack([one.retrained for one in languages])  # (languages, 3, 3)
        states = np.stack([one.states for one in languages])
        self.expected = states @ np.array([0.0, 0.5, 1.0])  # accuracy (languages,)
        common = self._draw(np.broadcast_to(sizes, (series, len(sizes))), states)
        groups = [self._draw(common[z], self.retrained[:, z]) for z in range(3)]
        self.groups = np.stack([np.stack(group) for group in groups])  # (3, 3, series, languages)
        right = self.groups.sum(axis=0)
        self.accuracy = (right[1] + 2 * right[2]) / (2 * sizes)

    def candidate(self, drop: Floats) -> Changed:
        """One candidate for each series; `drop` is its loss of accuracy (series, languages)."""
        counts = {difference: np.zeros(drop.shape, np.int64) for difference in range(-2, 3)}
        for common in range(3):
            chances = self._worse(self.retrained[:, common], drop)
            for before in range(3):
                drawn = self._draw(self.groups[common, before], chances)
                for after in range(3):
                    counts[after - before] += drawn[after]
        return Changed(counts[-2], counts[-1], counts[1], counts[2])

    def _worse(self, chances: Floats, drop: Floats) -> Floats:
        """The chances of the states (series, languages, 3) of a model that loses `drop`."""
        lost = drop / self.expected
        none, one, two = np.broadcast_arrays(*np.moveaxis(chances, -1, 0))
        twice = two * lost * LOST_TWICE
        once = two * lost * 2 * (1 - LOST_TWICE)
        return np.stack(
            [none + twice + one * lost, one * (1 - lost) + once, two - twice - once], -1
        )

    def _draw(self, n: Ints, chances: Floats) -> list[Ints]:
        """How many of `n` are in each of three states, whose chances are in the last axis."""
        two = self.generator.binomial(n, np.clip(chances[..., 2], 0, 1))
        rest = np.clip(chances[..., 1] / np.maximum(1 - chances[..., 2], 1e-12), 0, 1)
        one = self.generator.binomial(n - two, rest)
        return [n - two - one, one, two]


def _kernel(joint: Floats, share: float) -> Floats:
    """States (4, 4) of a retrained model: each direction is answered anew with chance `share`.

    An answer that is alone given anew depends on the other direction's, so that the chances of the
    states stay what they are.
    """
    table = joint.reshape(2, 2)
    kernel = np.zeros((4, 4))
    for first in range(2):
        for second in range(2):
            row = kernel[2 * first + second]
            row[2 * first + second] += (1 - share) ** 2
            row += share**2 * joint
            for new in range(2):
                alone = share * (1 - share)
                row[2 * new + second] += alone * table[new, second] / table[:, second].sum()
                row[2 * first + new] += alone * table[first, new] / table[first].sum()
    return kernel


def _share_for(joint: Floats, accuracy: float) -> float:
    """The share of answers that are given anew, with which two models disagree as measured."""
    wanted = DISAGREEMENT * 2 * accuracy * (1 - accuracy)
    low, high = 0.0, 1.0
    for _ in range(40):
        share = (low + high) / 2
        kernel = _kernel(joint, share)
        two_models = kernel.T @ (joint[:, None] * kernel)  # (4, 4): states of both
        states = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        differ = np.abs(states[:, None] - states[None]).mean(axis=2)
        if (two_models * differ).sum() < wanted:
            low = share
        else:
            high = share
    return (low + high) / 2
