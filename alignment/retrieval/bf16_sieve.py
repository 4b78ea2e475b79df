"""The sieve of `int8_sieve` with bfloat16, for CPUs with matrix tiles (AMX).

These multiply bfloat16 faster than torch multiplies 8-bit integers, and the error is smaller.
"""

from __future__ import annotations

import torch

from alignment.retrieval.int8_sieve import GROUP, MAX_QUERIES, Passed, passed_by_groups
from alignment.retrieval.rounded import RoundedCandidates

ROUNDING = 2.0**-8  # of a product to bfloat16, relative; rounding to nearest takes half of it


class Bf16Sieve:
    """Candidates `y` (m, dim) in bfloat16, for searches of the `k` nearest.

    The products are sums in float32 that are rounded to bfloat16 at the end.
    """

    def __init__(self, y: torch.Tensor, k: int) -> None:
        self.k = k
        self.num_candidates = len(y)
        self.size = -(-len(y) // GROUP) * GROUP  # candidates, filled up to whole groups
        self._rounding = RoundedCandidates(y, self.size, MAX_QUERIES)
        self.mean = self._rounding.mean
        self.rounded = self._rounding.round_to(torch.bfloat16)
        self._products = torch.empty(MAX_QUERIES, self.size, dtype=torch.bfloat16)

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
        length: torch.Tensor = rounded.norm(dim=1)
        of_products = ROUNDING * length * self._rounding.max_length
        return self._rounding.error_bound(x, rounded) + of_products
