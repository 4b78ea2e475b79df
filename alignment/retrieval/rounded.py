"""Candidates of a search, rounded to few bits, with the largest errors that this makes."""

from __future__ import annotations

import torch

FLOAT32_ERROR = 1e-5  # of a similarity, with a wide margin


class RoundedCandidates:
    """Candidates `y` (m, dim) as c' for c - m, where m is their mean, whose numbers are smaller.

    This keeps the order of a query's similarities. Let x' be a rounded query, with residues x - x'
    and c - c'. Then, by Cauchy and Schwarz,

        |xc - x'c'| = |x(c - c') + (x - x')c'| <= |m(c - c')| + |x - m||c - c'| + |x - x'||c'|

    The first two terms replace |x||c - c'|, because an encoder's vectors are near their mean.
    """

    def __init__(self, y: torch.Tensor, size: int, part: int) -> None:
        """Prepare; nothing is rounded yet.

        Args:
            y: The candidates (m, dim), float32.
            size: Rows of the result; those after the first m stay zero.
            part: Candidates that are rounded at once.
        """
        self.mean = y.mean(dim=0)
        self._parts = y.split(part)
        self._shape = (size, y.shape[1])
        self.max_residue = 0.0  # |c - c'|
        self.max_mean_residue = 0.0  # |m(c - c')|
        self.max_length = 0.0  # |c'|

    def largest(self) -> float:
        """The largest absolute number of the candidates less their mean."""
        return max(float((part - self.mean).abs().max()) for part in self._parts)

    def round_to(self, dtype: torch.dtype, unit: float = 1.0) -> torch.Tensor:
        """The candidates as multiples of `unit` (size, dim), whose errors are measured."""
        rounded = torch.zeros(self._shape, dtype=dtype)
        start = 0
        for part in self._parts:
            target = rounded[start : start + len(part)]
            start += len(part)
            centered = part - self.mean
            scaled = centered / unit
            target[:] = scaled if dtype.is_floating_point else scaled.round_()
            restored = target.float() * unit
            residue = centered - restored
            mean_residue = (residue @ self.mean).abs()
            self.max_residue = max(self.max_residue, float(residue.norm(dim=1).max()))
            self.max_mean_residue = max(self.max_mean_residue, float(mean_residue.max()))
            self.max_length = max(self.max_length, float(restored.norm(dim=1).max()))
        self._parts = ()
        return rounded

    def error_bound(self, x: torch.Tensor, rounded: torch.Tensor) -> torch.Tensor:
        """Largest error of each query's similarities (queries,), if their products are exact.

        Args:
            x: Queries (queries, dim).
            rounded: The same, rounded.
        """
        distance: torch.Tensor = (x - self.mean).norm(dim=1)
        query_residue: torch.Tensor = (x - rounded).norm(dim=1)
        of_candidates = self.max_mean_residue + distance * self.max_residue
        return of_candidates + (query_residue * self.max_length + FLOAT32_ERROR)
