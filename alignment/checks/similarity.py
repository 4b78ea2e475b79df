"""Are the rows of a corpus aligned? Pairs against shifted and against random ones, by cosine.

A weak encoder gives low cosines to every pair of a language that it hardly knows. Therefore nothing
here depends on the level of a cosine: each pair is compared with the same texts in other pairs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.checks.excerpts import Excerpts
from alignment.gate.statistics import wilson

MAX_SHIFT = 5
"""Lines."""
SHIFTS = [lines for size in range(1, MAX_SHIFT + 1) for lines in (size, -size)]
MIN_PAIRS = 12
"""With fewer no test can reach `SURE`."""
SURE = 1e-4
"""Largest p-value that counts as evidence: there are ten shifts and hundreds of corpora."""
LIKELY = 0.01
"""Largest p-value where ten shifts must all be beaten."""
KNOWN_LANGUAGE = 2.5
"""How far the median pair is above random pairs, in their standard deviations, if the encoder knows
both languages. Then a pair that is not better than random is a bad pair; for a weaker encoder it
may be a pair that it does not understand."""

SMALLEST = 1e-6
"""Less is rounding: the encoder gives every text the same vector."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Shift(NamedTuple):
    """Evidence that a part of the rows fits the targets of other rows."""

    lines: int
    """The translation of source i is target i + lines."""
    share: float
    """Of the rows that are shifted, in (0, 1]."""


class Similarity(NamedTuple):
    """How the pairs of a corpus compare with shifted and with random ones."""

    pairs: int
    """Compared ones."""
    right: float
    """Mean cosine of the pairs."""
    random: float
    """Mean cosine of the same texts in random pairs."""
    shifted: float
    """Mean cosine after the shift that was found, or after one by a line, down or up, the larger
    one."""
    related: bool
    """Whether the pairs are certainly more similar than random ones, and than after any shift."""
    strength: float
    """How far the median pair is above random pairs, in standard deviations of random pairs."""
    shift: Shift | None
    noise: tuple[float, float, float]
    """Share of the pairs that are no better than random, and its 95% interval. Too high if the
    encoder does not know the languages."""


def compare(
    excerpts: Excerpts, source: NDArray[np.float32], target: NDArray[np.float32]
) -> Similarity | None:
    """Compare the pairs of the excerpts with shifted and with random ones.

    Args:
        excerpts: The texts (n); rows with an empty side are not compared.
        source: Unit vectors of the sources (n, dim).
        target: Unit vectors of the targets (n, dim).

    Returns:
        None if there are fewer than `MIN_PAIRS` pairs.
    """
    table = _Table.of(excerpts, source, target)
    rows = np.flatnonzero(table.filled)
    if len(rows) < MIN_PAIRS:
        return None
    right = table.centered[rows, rows]
    spread = float(table.centered[table.random].std())
    shift = _best_shift(table)
    shifts = [shift.lines] if shift else [1, -1]
    return Similarity(
        pairs=len(rows),
        right=float(table.cosines[rows, rows].mean()),
        random=float(table.cosines[table.random].mean()),
        shifted=max(table.mean_cosine(lines) for lines in shifts),
        related=_p_above_zero(right) < SURE and _is_better_than_shifted(table),
        strength=float(np.median(right)) / spread if spread > SMALLEST else 0.0,
        shift=shift,
        noise=_noise(table, rows),
    )


class _Table(NamedTuple):
    """Every source against every target (n, n)."""

    number: Ints
    """Of the excerpt of each row (n,)."""
    filled: Bools
    """Rows with text on both sides (n,)."""
    cosines: Floats
    centered: Floats
    """Cosines less the mean of their source and of their target in random pairs: some texts are
    near to everything."""
    random: Bools
    """Which pairs are random: far apart, or of different excerpts."""
    same_text: Bools
    """Pairs (i, j) that do not differ from the pair (i, i): target j has the text of target i, or
    source j that of source i."""

    @classmethod
    def of(
        cls, excerpts: Excerpts, source: NDArray[np.float32], target: NDArray[np.float32]
    ) -> _Table:
        n = len(excerpts.number)
        rows = np.arange(n)
        has_text = [
            bool(left.strip()) and bool(right.strip())
            for left, right in zip(excerpts.source, excerpts.target, strict=True)
        ]
        filled = np.array(has_text, dtype=bool)
        same_text = _equal(excerpts.source) | _equal(excerpts.target)
        near = np.abs(rows[:, None] - rows[None, :]) <= MAX_SHIFT
        near &= excerpts.number[:, None] == excerpts.number[None, :]
        random = ~near & ~same_text & filled[:, None] & filled[None, :]
        cosines = (source @ target.T).astype(np.float64)
        return cls(excerpts.number, filled, cosines, _centered(cosines, random), random, same_text)

    def shifted(self, lines: int) -> tuple[Ints, Ints]:
        """Rows i and j = i + lines of the same excerpt, both with text, whose texts differ."""
        n = len(self.number)
        i = np.arange(max(0, -lines), min(n, n - lines))
        j = i + lines
        fits = (self.number[i] == self.number[j]) & self.filled[i] & self.filled[j]
        fits &= ~self.same_text[i, j]
        return i[fits], j[fits]

    def mean_cosine(self, lines: int) -> float:
        """Of the pairs after a shift; 0 if there are none."""
        i, j = self.shifted(lines)
        return float(self.cosines[i, j].mean()) if len(i) else 0.0


def _equal(texts: list[str]) -> Bools:
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    ids = np.array([numbers[text] for text in texts])
    equal: Bools = ids[:, None] == ids[None, :]
    return equal


def _centered(cosines: Floats, random: Bools) -> Floats:
    """Cosines less the mean of their row and of their column over the random pairs."""
    values = np.where(random, cosines, 0.0)
    total = values.sum() / max(1, random.sum())
    rows = values.sum(axis=1) / np.maximum(1, random.sum(axis=1))
    columns = values.sum(axis=0) / np.maximum(1, random.sum(axis=0))
    centered: Floats = cosines - rows[:, None] - columns[None, :] + total
    return centered


def _best_shift(table: _Table) -> Shift | None:
    """The shift that fits best among those that the evidence is certain of."""
    best: Shift | None = None
    largest = 0.0
    for lines in SHIFTS:
        rows = _shifted_rows(table, lines)
        i, j = table.shifted(lines)
        if rows is None:
            continue
        gain = float(_gain(table, i, j)[rows].mean())
        if gain > largest:
            best = Shift(lines, float(rows.mean()))
            largest = gain
    return best


def _shifted_rows(table: _Table, lines: int) -> Bools | None:
    """Which rows fit `lines` further down, of those that can be shifted; None if not certain."""
    i, j = table.shifted(lines)
    if not len(i):
        return None
    excerpt = table.number[i]
    shifted = table.centered[i, j]
    gain = _gain(table, i, j)
    if _p_above_zero(gain) < SURE and _p_above_zero(shifted) < SURE:
        whole: Bools = (np.bincount(excerpt, gain) > 0)[excerpt]
        return whole
    # A file may be shifted from some line on. One half of each excerpt's rows decides whether the
    # excerpt counts as shifted and the other half is tested: the choice does not bias the test.
    own_gain = shifted - table.centered[i, i]
    tested = np.zeros(len(i), dtype=bool)
    for half in (i % 2 == 0, i % 2 == 1):
        totals = np.bincount(excerpt[half], own_gain[half], minlength=int(excerpt.max()) + 1)
        tested |= ~half & (totals[excerpt] > 0)
    evidence = (own_gain[tested], shifted[tested])
    if all(_p_above_zero(values) < SURE for values in evidence):
        return tested
    return None


def _gain(table: _Table, i: Ints, j: Ints) -> Floats:
    """How much better source i and target j fit each other than their partners."""
    partners = (table.centered[i, i] + table.centered[j, j]) / 2
    gain: Floats = table.centered[i, j] - partners
    return gain


def _is_better_than_shifted(table: _Table) -> bool:
    """Whether the pairs are better than after the shift that suits them best.

    Neighbors are often about the same thing, so a shifted corpus is better than a random one.
    """
    advantages = []
    for lines in SHIFTS:
        i, j = table.shifted(lines)
        if len(i) >= MIN_PAIRS / 2:
            advantages.append(table.centered[i, i] - table.centered[i, j])
    if not advantages:
        return True
    return _p_above_zero(min(advantages, key=np.mean)) < LIKELY


def _noise(table: _Table, rows: Ints) -> tuple[float, float, float]:
    """Share of the pairs that are no better than random, with its 95% interval.

    A random pair is as often below the median of the random pairs with the same texts as above it,
    and a good pair is hardly ever below. So twice the share below it is the share of random pairs.
    """
    below = 0
    for row in rows:
        others = np.concatenate(
            [table.centered[row][table.random[row]], table.centered[:, row][table.random[:, row]]]
        )
        below += bool(table.centered[row, row] <= np.median(others))
    low, high = wilson(below, len(rows))
    return min(1.0, 2 * below / len(rows)), min(1.0, 2 * low), min(1.0, 2 * high)


def _p_above_zero(values: Floats) -> float:
    """One-sided p-value of Student's t-test for a mean above zero; 1 for fewer than four values."""
    from scipy.special import stdtr

    n = len(values)
    if n < 4:
        return 1.0
    deviation = float(values.std(ddof=1))
    mean = float(values.mean())
    if deviation < SMALLEST:  # an encoder that gives every text the same vector
        return 1.0
    return float(stdtr(n - 1, -mean / (deviation / np.sqrt(n))))
