"""The gates that the study compares: the tests of `alignment.gate`, on arrays of many series."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, gammaln

from alignment.config import Gate
from alignment.gate import spent
from alignment.gate.evidence import LAXEST
from alignment.gate.power import LIKELY, SURE, design, provable_level
from benchmarks.gate_models import Changed, Floats, Ints, Suites

Bools = NDArray[np.bool_]
GATE = Gate()


class Tails:
    """P(sum of random signs >= threshold), kept by the numbers of changed pairs."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Floats] = {}

    def __call__(self, ones: Ints, twos: Ints, threshold: Ints) -> Floats:
        """The probabilities, in the shape of the arguments."""
        shape = np.broadcast(ones, twos, threshold).shape
        flat = [np.broadcast_to(part, shape).ravel() for part in (ones, twos, threshold)]
        codes, places = np.unique(flat[0] * 100_000 + flat[1], return_inverse=True)
        order = np.argsort(places, kind="stable")
        starts = np.searchsorted(places[order], np.arange(len(codes) + 1))
        result = np.empty(len(flat[0]))
        for number, code in enumerate(codes.tolist()):
            rows = order[starts[number] : starts[number + 1]]
            one, two = divmod(code, 100_000)
            tail = self._tail(one, two)
            steps = (flat[2][rows] + one + 2 * two + 1) // 2
            result[rows] = tail[np.clip(steps, 0, len(tail) - 1)]
        return result.reshape(shape)

    def _tail(self, ones: int, twos: int) -> Floats:
        """P(a + 2b >= i) of the numbers a and b of positive signs; the last entry is 0."""
        key = (ones, twos)
        if key not in self._known:
            of_twos = np.zeros(2 * twos + 1)
            of_twos[::2] = _binomial(twos)
            density = np.convolve(_binomial(ones), of_twos)
            self._known[key] = np.append(np.minimum(1, density[::-1].cumsum()[::-1]), 0.0)
        return self._known[key]


def _binomial(n: int) -> Floats:
    k = np.arange(n + 1)
    logarithms: Floats = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * np.log(2)
    return np.exp(logarithms)


TAILS = Tails()


def worse(changed: Changed, sizes: Ints, margin: float) -> Floats:
    """`alignment.gate.p_worse` of each series and language."""
    allowed = np.floor(margin * 2 * sizes + 1e-9).astype(np.int64)
    return TAILS(changed.ones, changed.twos, changed.net_losses - allowed)


def as_bad(changed: Changed, sizes: Ints, loss: float) -> Floats:
    """`alignment.gate.p_as_bad` of each series and language."""
    least = np.ceil(loss * 2 * sizes - 1e-9).astype(np.int64)
    signs = TAILS(changed.ones, changed.twos, least - changed.net_losses)
    half = changed.net_losses // 2
    whole_pairs = np.where(half < 0, 0.0, bdtr(np.maximum(half, 0), sizes, loss))
    larger: Floats = np.maximum(signs, whole_pairs)
    return larger


def by_query(changed: Changed) -> Floats:
    """The old test: every query counts on its own."""
    queries = changed.ones + 2 * changed.twos
    return TAILS(queries, np.zeros_like(queries), changed.net_losses)


def holm_refused(p_values: Floats, level: float) -> Bools:
    """Holm's test of each series over the last axis."""
    order = np.argsort(p_values, axis=1)
    ranked = np.take_along_axis(p_values, order, axis=1)
    factors = np.arange(p_values.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(np.minimum(1, ranked * factors), axis=1)
    refused = np.empty(p_values.shape, dtype=bool)
    np.put_along_axis(refused, order, adjusted < level, axis=1)
    return refused


Judge = Callable[[Changed, Suites, int], Bools]
"""What is refused in the attempt with this number, from 1 (series, languages)."""


def old_gate(changed: Changed, _suites: Suites, _attempt: int) -> Bools:
    """Before: an uncorrected test of all queries, without a margin."""
    return by_query(changed) < GATE.alpha


def by_query_with_holm(changed: Changed, _suites: Suites, _attempt: int) -> Bools:
    """Queries as the unit, corrected, without a margin."""
    return holm_refused(by_query(changed), GATE.alpha)


def by_pair_with_holm(changed: Changed, suites: Suites, _attempt: int) -> Bools:
    """Pairs as the unit, corrected, without a margin: its errors should come close to alpha."""
    return holm_refused(worse(changed, suites.sizes, 0.0), GATE.alpha)


class DefaultGate:
    """The gate as it is configured by default, which remembers what it refused."""

    def __init__(self, *, proofs: bool = True) -> None:
        self._proofs = proofs
        self._refused: Bools | None = None
        self._provable: tuple[Floats, Floats] | None = None

    def __call__(self, changed: Changed, suites: Suites, attempt: int) -> Bools:
        """What is refused in this attempt (series, languages)."""
        level = spent(GATE.alpha, attempt)
        refused = holm_refused(worse(changed, suites.sizes, GATE.margin), level)
        if self._refused is not None and self._proofs:
            refused |= self._unproved(changed, suites, level, self._refused)
        self._refused = refused if self._refused is None else self._refused | refused
        return refused

    def _unproved(
        self, changed: Changed, suites: Suites, level: float, refused_before: Bools
    ) -> Bools:
        """What does not give the proof that is asked of it."""
        if self._provable is None:
            self._provable = provable_levels(suites, LIKELY), provable_levels(suites, SURE)
        possible = np.where(refused_before, *self._provable)
        needed = np.maximum(level, possible)
        p_values = as_bad(changed, suites.sizes, GATE.margin + GATE.detect)
        lost = changed.net_losses > GATE.margin * 2 * suites.sizes
        return np.where(needed <= LAXEST, p_values >= needed, refused_before & lost)


def provable_levels(suites: Suites, clear_by: float) -> Floats:
    """`provable_level` of each series and language."""
    codes = np.round(suites.accuracy * 2 * suites.sizes).astype(np.int64) * 10_000 + suites.sizes
    distinct, places = np.unique(codes, return_inverse=True)
    levels = []
    for code in distinct.tolist():
        right, pairs = divmod(code, 10_000)
        planned = design(pairs, right / (2 * pairs), GATE.margin, GATE.detect)
        levels.append(provable_level(planned, clear_by))
    return np.array(levels)[places].reshape(codes.shape)
