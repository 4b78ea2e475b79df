"""A sieve of 8-bit vectors: it lets few candidates through, and surely the nearest ones.

The sieve compares 8-bit copies of the vectors, whose error is bounded, so that it can rule out the
candidates that are too far away for any rounding. What is left is compared in float32.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import torch

from alignment import compat
from alignment.retrieval.rounded import RoundedCandidates

GROUP = 32  # candidates whose maximum is compared first
MAX_QUERIES = 256  # queries at once
MAX_GROUPS = 512  # groups of a query that may pass; with more, the plain search is as fast
MAX_INT8 = 127  # so that both signs have the same range
BETA_WARNING = "Sparse CSR tensor support is in beta state"


class Passed(NamedTuple):
    """Candidates that pass the sieve, ascending for each query, one query after the other."""

    candidates: torch.Tensor
    """Indices (passed,)."""
    counts: torch.Tensor
    """Number of candidates per query (queries,)."""
    crowded: torch.Tensor
    """Indices of queries with too many, or with a NaN; of these the first k candidates only."""


def passed_similarities(x: torch.Tensor, y: torch.Tensor, passed: Passed) -> torch.Tensor:
    """Float32 similarities (passed,) of queries `x` to the candidates of `y` that passed."""
    starts = torch.nn.functional.pad(passed.counts.cumsum(0), (1, 0))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", BETA_WARNING)  # tests cover the one product that we use
        pattern = torch.sparse_csr_tensor(
            starts,
            passed.candidates,
            torch.zeros(len(passed.candidates)),
            size=(len(x), len(y)),
            check_invariants=False,
        )
    products: torch.Tensor = torch.sparse.sampled_addmm(pattern, x, y.T, beta=0.0).values()
    return products


def passed_by_groups(products: torch.Tensor, k: int, slack: torch.Tensor) -> Passed:
    """Candidates whose product is at least the k-th best of the groups' maxima, minus the slack.

    The k-th best maximum is at most the k-th best product. If no product is off by more than half
    of its query's slack, all of the k nearest pass.

    Args:
        products: Approximate similarities (queries, groups * GROUP); the lowest value of their
            type where there is no candidate.
        k: Neighbors per query.
        slack: In the unit of the products (queries,).
    """
    num_candidates = products.shape[1]
    # Candidate j * groups + g is the j-th of group g.
    values = products.view(len(products), GROUP, num_candidates // GROUP)
    maxima = values.amax(dim=1)
    threshold = maxima.topk(k, dim=1).values[:, -1] - slack
    open_groups = maxima >= threshold.unsqueeze(1)
    num_open = open_groups.sum(dim=1)
    # None is open if a product is NaN, which the plain search deals with.
    crowded = ((num_open > MAX_GROUPS) | (num_open == 0)).nonzero().squeeze(1)
    open_groups[crowded] = False
    query, group = open_groups.nonzero().unbind(1)
    reached = values[query, :, group] >= threshold[query].unsqueeze(1)
    entry, member = reached.nonzero().unbind(1)
    keys = query[entry] * num_candidates + member * values.shape[2] + group[entry]
    fillers = (crowded.unsqueeze(1) * num_candidates + torch.arange(k)).flatten()
    keys = torch.cat([keys, fillers]).sort().values
    counts = torch.bincount(keys // num_candidates, minlength=len(values))
    return Passed(keys % num_candidates, counts, crowded)


class Int8Sieve:
    """Candidates `y` (m, dim) as 8-bit vectors, for searches of the `k` nearest.

    Products of the rounded vectors are exact integers, in a buffer that is allocated once.
    """

    def __init__(self, y: torch.Tensor, k: int) -> None:
        self.k = k
        self.num_candidates = len(y)
        self.size = -(-len(y) // GROUP) * GROUP  # candidates, filled up to whole groups
        self._rounding = RoundedCandidates(y, self.size, MAX_QUERIES)
        self.mean = self._rounding.mean
        self.unit = max(self._rounding.largest(), 1e-12) / MAX_INT8
        self.rounded = self._rounding.round_to(torch.int8, self.unit)
        self._products = torch.empty(MAX_QUERIES, self.size, dtype=torch.int32)

    def passed(self, x: torch.Tensor) -> Passed:
        """Candidates that may be among the k nearest of each query `x` (queries, dim).

        All of the k nearest are among them, except for crowded queries.
        """
        unit = x.abs().amax(dim=1, keepdim=True).clamp_(min=1e-12) / MAX_INT8
        rounded = (x / unit).round_()
        error = self._rounding.error_bound(x, rounded * unit)
        products = self._products[: len(x)]
        compat.int8_matmul(rounded.to(torch.int8), self.rounded.T, out=products)
        products[:, self.num_candidates :] = torch.iinfo(torch.int32).min
        slack = (2 * error / (unit.squeeze(1) * self.unit)).ceil().int()
        return passed_by_groups(products, self.k, slack)
