"""Accuracy@1 of bitext retrieval, by cosine or by ratio margin, and its confidence interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024
TIE = 1e-6  # equal vectors may differ by this much after a float32 matrix product
Z95 = 1.959963984540054


class Outcomes(NamedTuple):
    """Per query (n,): whether it is right, its gold's score, and the best wrong candidate's."""

    correct: NDArray[np.bool_]
    gold: NDArray[np.float32]
    best_wrong: NDArray[np.float32]


def retrieve(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    texts: Sequence[str],
    *,
    margin: int = 0,
    block: int = BLOCK,
) -> Outcomes:
    """Accuracy@1 by cosine for unit rows (n, dim); the gold of query i is candidate i.

    With `margin` k above 0 the score is the ratio margin: the cosine, divided by the mean of how near x is to its k nearest
    candidates and y to its k nearest queries (Artetxe and Schwenk 2019; LASER takes 4). A text that is near to everything is
    held back so; but a score depends on what else is searched, as that of an index of vectors does not.

    A candidate with the gold's own text counts as gold. A query is right only if its gold is
    strictly nearer than every wrong text: a tie is wrong, so a collapsed encoder scores 0.
    Memory is bounded by `block` times n.
    """
    if not len(queries) == len(candidates) == len(texts):
        raise ValueError(
            f"got {len(queries)} queries, {len(candidates)} candidates, {len(texts)} texts"
        )
    number = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    identity = np.array([number[text] for text in texts], np.int64)  # equal texts, equal number
    around = (
        [_around(*ways, margin, block) for ways in ((queries, candidates), (candidates, queries))]
        if margin
        else []
    )
    gold, wrong = np.empty(len(queries), np.float32), np.empty(len(queries), np.float32)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        similarity = queries[rows] @ candidates.T  # (block, n)
        if margin:
            similarity /= (around[0][rows, None] + around[1][None, :]) / 2
        own = identity[rows, None] == identity[None, :]
        gold[rows] = np.where(own, similarity, -np.inf).max(axis=1)
        wrong[rows] = np.where(own, -np.inf, similarity).max(axis=1)
    return Outcomes(gold - wrong > TIE, gold, wrong)


def _around(
    x: NDArray[np.float32], y: NDArray[np.float32], k: int, block: int
) -> NDArray[np.float32]:
    """Mean cosine of each row of x to its k nearest of y (n,); to all of them, if there are fewer."""
    k, mean = min(k, len(y)), np.empty(len(x), np.float32)
    for start in range(0, len(x), block):
        rows = slice(start, start + block)
        mean[rows] = np.partition(x[rows] @ y.T, -k, axis=1)[:, -k:].mean(axis=1)
    return mean


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share, (low, high) in [0, 1]; (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    share, square = successes / n, Z95**2
    center = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, center - half), min(1.0, center + half)
