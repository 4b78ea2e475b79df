"""A sieve of 8-bit vectors: it lets few candidates through, and surely the nearest ones.

The sieve compares 8-bit copies of the vectors, whose error is bounded, so that it can rule out the
candidates that are too far away for any rounding. What is left is compared in float32.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import torch

from alignment import compat

GROUP = 32  # candidates whose maximum is compared first
MAX_QUERIES = 256  # queries at once
MAX_GROUPS = 512  # groups of a query that may pass; with more, the plain search is as fast
MAX_INT8 = 127  # so that both signs have the same range
FLOAT32_ERROR = 1e-5  # of a similarity, with a wide margin
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

    Let m be the mean of the candidates. A candidate c is rounded as c - m, whose numbers are
    smaller; this keeps the order of a query's similarities. Let x' and c' be the rounded query and
    candidate, with residues x - x' and c - c'. Then, by Cauchy and Schwarz,

        |xc - x'c'| = |x(c - c') + (x - x')c'| <= |m(c - c')| + |x - m||c - c'| + |x - x'||c'|

    The first two terms replace |x||c - c'|, because an encoder's vectors are near their mean.
    Products of the rounded vectors are exact integers, in a buffer that is allocated once.
    """

    def __init__(self, y: torch.Tensor, k: int) -> None:
        self.k = k
        self.num_candidates = len(y)
        self.groups = -(-len(y) // GROUP)
        self.size = self.groups * GROUP  # candidates, filled up to whole groups
        self.mean = y.mean(dim=0)
        largest = max(float((part - self.mean).abs().max()) for part in y.split(MAX_QUERIES))
        self.unit = max(largest, 1e-12) / MAX_INT8
        self.rounded = torch.zeros(self.size, y.shape[1], dtype=torch.int8)
        self.max_residue = 0.0  # |c - c'|
        self.max_mean_residue = 0.0  # |m(c - c')|
        self.max_length = 0.0  # |c'|
        self._round(y)
        self._products = torch.empty(MAX_QUERIES, self.size, dtype=torch.int32)

    def _round(self, y: torch.Tensor) -> None:
        """Fill `rounded`, and measure the largest errors."""
        for start in range(0, len(y), MAX_QUERIES):
            part = y[start : start + MAX_QUERIES]
            target = self.rounded[start : start + len(part)]
            centered = part - self.mean
            target[:] = (centered / self.unit).round_()
            restored = target.float() * self.unit
            residue = centered - restored
            mean_residue = (residue @ self.mean).abs()
            self.max_residue = max(self.max_residue, float(residue.norm(dim=1).max()))
            self.max_mean_residue = max(self.max_mean_residue, float(mean_residue.max()))
            self.max_length = max(self.max_length, float(restored.norm(dim=1).max()))

    def passed(self, x: torch.Tensor) -> Passed:
        """Candidates that may be among the k nearest of each query `x` (queries, dim).

        All of the k nearest are among them, except for crowded queries.
        """
        unit = x.abs().amax(dim=1, keepdim=True).clamp_(min=1e-12) / MAX_INT8
        rounded = (x / unit).round_()
        error = self._error_bound(x, rounded, unit)
        products = self._products[: len(x)]
        compat.int8_matmul(rounded.to(torch.int8), self.rounded.T, out=products)
        products[:, self.num_candidates :] = torch.iinfo(torch.int32).min
        slack = (2 * error / (unit.squeeze(1) * self.unit)).ceil().int()
        return passed_by_groups(products, self.k, slack)

    def _error_bound(
        self, x: torch.Tensor, rounded: torch.Tensor, unit: torch.Tensor
    ) -> torch.Tensor:
        """Largest error of each query's similarities (queries,)."""
        distance: torch.Tensor = (x - self.mean).norm(dim=1)
        query_residue: torch.Tensor = (x - rounded * unit).norm(dim=1)
        of_candidates = self.max_mean_residue + distance * self.max_residue
        return of_candidates + (query_residue * self.max_length + FLOAT32_ERROR)
