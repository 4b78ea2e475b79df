"""The sieve of `int8_sieve` with bfloat16, for CPUs with matrix tiles (AMX).

These multiply bfloat16 faster than torch multiplies 8-bit integers, and the error is smaller.
"""

from __future__ import annotations

import torch

from alignment.retrieval.int8_sieve import (
    FLOAT32_ERROR,
    GROUP,
    MAX_QUERIES,
    Passed,
    passed_by_groups,
)

ROUNDING = 2.0**-8  # of a product to bfloat16, relative; rounding to nearest takes half of it


class Bf16Sieve:
    """Candidates `y` (m, dim) in bfloat16, for searches of the `k` nearest.

    They are rounded after their mean is subtracted, as in `Int8Sieve`, whose bound holds here too.
    The products are sums in float32 that are rounded to bfloat16 at the end.
    """

    def __init__(self, y: torch.Tensor, k: int) -> None:
        self.k = k
        self.num_candidates = len(y)
        self.size = -(-len(y) // GROUP) * GROUP  # candidates, filled up to whole groups
        self.mean = y.mean(dim=0)
        self.rounded = torch.zeros(self.size, y.shape[1], dtype=torch.bfloat16)
        self.max_residue = 0.0  # |c - c'|
        self.max_mean_residue = 0.0  # |m(c - c')|
        self.max_length = 0.0  # |c'|
        self._round(y)
        self._products = torch.empty(MAX_QUERIES, self.size, dtype=torch.bfloat16)

    def _round(self, y: torch.Tensor) -> None:
        """Fill `rounded`, and measure the largest errors."""
        for start in range(0, len(y), MAX_QUERIES):
            part = y[start : start + MAX_QUERIES]
            target = self.rounded[start : start + len(part)]
            centered = part - self.mean
            target[:] = centered
            restored = target.float()
            residue = centered - restored
            mean_residue = (residue @ self.mean).abs()
            self.max_residue = max(self.max_residue, float(residue.norm(dim=1).max()))
            self.max_mean_residue = max(self.max_mean_residue, float(mean_residue.max()))
            self.max_length = max(self.max_length, float(restored.norm(dim=1).max()))

    def passed(self, x: torch.Tensor) -> Passed:
        """Candidates that may be among the k nearest of each query `x` (queries, dim).

        All of the k nearest are among them, except for crowded queries.
        """
        rounded = x.to(torch.bfloat16)
        products = self._products[: len(x)]
        torch.mm(rounded, self.rounded.T, out=products)
        products[:, self.num_candidates :] = -torch.inf
        return passed_by_groups(products, self.k, 2 * self._error_bound(x, rounded.float()))

    def _error_bound(self, x: torch.Tensor, rounded: torch.Tensor) -> torch.Tensor:
        """Largest error of each query's similarities (queries,)."""
        distance: torch.Tensor = (x - self.mean).norm(dim=1)
        query_residue: torch.Tensor = (x - rounded).norm(dim=1)
        of_candidates = self.max_mean_residue + distance * self.max_residue
        length: torch.Tensor = rounded.norm(dim=1)
        of_products = ROUNDING * length * self.max_length
        return of_candidates + query_residue * self.max_length + of_products + FLOAT32_ERROR
