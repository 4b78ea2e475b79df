"""Nearest neighbors by cosine, exact, block by block.

Large searches on a processor with 8-bit dot products go through a sieve of 8-bit vectors whose error is bounded, so
that what it lets through holds the true neighbors; those few are compared again in float32. A query whose
sieve lets too many through is searched plainly. Memory beside the vectors is a few blocks.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

SIEVED_FROM = 16_384  # candidates: below, the plain search is as fast
GROUP = 32  # candidates that are looked at by their maximum first
ROWS = 256  # queries at once
CHUNK = 2**17  # candidates at once: 128 MiB of similarities
CROWDED = 512  # groups of a query that may pass the sieve; more, and the plain search is as fast
LARGEST = 127  # of 8 bits, so that both signs reach as far
warnings.filterwarnings(
    "ignore", "Sparse CSR tensor support is in beta state"
)  # the one product that it is used for is tested


class Neighbors(NamedTuple):
    """Of each query, both (n, min(k, m)), best first; ties by the lower index.

    Equal candidates tie unless the processor's product adds them up in another order at another place.
    """

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]


def nearest(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, *, block: int = 1024
) -> Neighbors:
    """The k candidates of highest cosine for each query.

    `queries` (n, dim) and `candidates` (m, dim) are unit rows.
    """
    k = min(k, len(candidates))
    if len(candidates) < max(SIEVED_FROM, 4 * GROUP * k) or not torch.cpu._is_vnni_supported():
        return _plain(queries, candidates, k, block)
    return _sieved(queries, candidates, k)


def _plain(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, block: int
) -> Neighbors:
    found = _none(len(queries), k)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        similarity = torch.from_numpy(queries[rows] @ candidates.T)  # (block, m)
        found.indices[rows], found.similarities[rows] = _best(similarity, k)
    return found


def _none(n: int, k: int) -> Neighbors:
    return Neighbors(np.empty((n, k), np.int64), np.empty((n, k), np.float32))


def _best(similarity: torch.Tensor, k: int) -> Neighbors:
    """The k highest columns of each row, ordered; of equal ones the first."""
    values, places = similarity.topk(min(k + 1, similarity.shape[1]), dim=1)
    tied = (values[:, k - 1 : k] == values[:, k:]).any(
        dim=1
    )  # the lower index must be chosen, not any
    if tied.any():
        places[tied, :k] = torch.argsort(similarity[tied], dim=1, descending=True, stable=True)[
            :, :k
        ]
    places = places[:, :k].sort(dim=1).values
    values = similarity.gather(1, places)
    order = torch.argsort(values, dim=1, descending=True, stable=True)
    return Neighbors(places.gather(1, order).numpy(), values.gather(1, order).numpy())


def _sieved(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int) -> Neighbors:
    """Chunk by chunk of the candidates, each one's best beside the best so far."""
    found = _none(len(queries), 0)
    for first in range(0, len(candidates), CHUNK):
        chunk = candidates[first : first + CHUNK]
        own = _in_chunk(queries, chunk, min(k, len(chunk)))
        if not first:
            found = own
            continue
        similarities = torch.from_numpy(np.hstack([found.similarities, own.similarities]))
        best = _best(
            similarities, k
        )  # chunks ascend, so that the first column of equal ones has the lower index
        indices = np.take_along_axis(
            np.hstack([found.indices, first + own.indices]), best.indices, axis=1
        )
        found = Neighbors(indices, best.similarities)
    return found


def _in_chunk(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int) -> Neighbors:
    if len(candidates) < GROUP * k:
        return _plain(queries, candidates, k, ROWS)
    x, y = torch.from_numpy(queries), torch.from_numpy(candidates)
    sieve = _Sieve(y, k)
    found = _none(len(x), k)
    crowded: list[int] = []
    for start in range(0, len(x), ROWS):
        rows = slice(start, start + ROWS)
        passed = sieve.passed(x[rows])
        dense = torch.full((len(passed.counts), int(passed.counts.max())), -torch.inf)
        inside = torch.arange(dense.shape[1]) < passed.counts.unsqueeze(1)
        dense[inside] = _products(x[rows], y, passed)
        best = _best(dense, k)
        columns = torch.zeros(dense.shape, dtype=torch.int64)
        columns[inside] = passed.candidates
        found.indices[rows] = columns.gather(1, torch.from_numpy(best.indices)).numpy()
        found.similarities[rows] = best.similarities
        crowded += (start + passed.crowded).tolist()
    if crowded:
        found.indices[crowded], found.similarities[crowded] = _plain(
            queries[crowded], candidates, k, ROWS
        )
    return found


class _Passed(NamedTuple):
    """What a sieve lets through of some queries: candidates, ascending for each query, one query after the other."""

    candidates: torch.Tensor  # (passed,)
    counts: torch.Tensor  # (queries,)
    crowded: torch.Tensor  # queries of which too many pass: only the first k candidates are there


def _products(x: torch.Tensor, y: torch.Tensor, passed: _Passed) -> torch.Tensor:
    """Float32 similarities of the candidates that passed (passed,)."""
    starts = torch.nn.functional.pad(passed.counts.cumsum(0), (1, 0))
    pattern = torch.sparse_csr_tensor(
        starts,
        passed.candidates,
        torch.zeros(len(passed.candidates)),
        size=(len(x), len(y)),
        check_invariants=False,
    )
    products: torch.Tensor = torch.sparse.sampled_addmm(pattern, x, y.T, beta=0.0).values()
    return products


class _Sieve:
    """Similarities of 8-bit vectors, exact as integers, in a buffer that is made once.

    A query x and a candidate c, which is taken from the candidates' mean m so that smaller numbers are rounded and the
    order stays the same, become x' and c' with the residues x - x' and c - c'. Then

        |xc - x'c'| = |x(c - c') + (x - x')c'| <= |m(c - c')| + |x - m||c - c'| + |x - x'||c'|

    by Cauchy and Schwarz; the first two stand for |x||c - c'| because vectors of an encoder lie near their mean.
    """

    def __init__(self, y: torch.Tensor, k: int) -> None:
        self.k, self.m = k, len(y)
        self.groups = -(-self.m // GROUP)
        self.mean = y.mean(dim=0)
        most = max(float((part - self.mean).abs().max()) for part in y.split(ROWS))
        self.unit = max(most, 1e-12) / LARGEST
        self.small = torch.zeros(self.groups * GROUP, y.shape[1], dtype=torch.int8)
        residue = along = longest = 0.0
        for own, part in zip(self.small.split(ROWS), y.split(ROWS), strict=False):
            centerd = part - self.mean
            own[: len(part)] = (centerd / self.unit).round_()
            rounded = own[: len(part)].float() * self.unit
            left = centerd - rounded
            residue = max(residue, float(left.norm(dim=1).max()))
            along = max(along, float((left @ self.mean).abs().max()))
            longest = max(longest, float(rounded.norm(dim=1).max()))
        self.residue, self.along, self.longest = residue, along, longest
        self.rough = torch.empty(ROWS, len(self.small), dtype=torch.int32)

    def passed(self, x: torch.Tensor) -> _Passed:
        """Candidates that may be among the k nearest of each row; surely all of those, but for crowded rows."""
        unit = x.abs().amax(dim=1, keepdim=True).clamp_(min=1e-12) / LARGEST
        small = (x / unit).round_()
        error = self.along + (x - self.mean).norm(dim=1) * self.residue
        error += (x - small * unit).norm(dim=1) * self.longest + 1e-5  # the last for float32 itself
        rough = self.rough[: len(x)]
        torch._int_mm(small.to(torch.int8), self.small.T, out=rough)
        rough[:, self.m :] = torch.iinfo(torch.int32).min
        values = rough.view(
            len(x), GROUP, self.groups
        )  # candidate j * groups + g is the j-th of group g
        tops = values.amax(dim=1)
        # The k-th best of the groups' maxima is at most the k-th best similarity, and either is off by the error at most.
        least = (
            tops.topk(self.k, dim=1).values[:, -1]
            - (2 * error / (unit.squeeze(1) * self.unit)).ceil().int()
        )
        open_ = tops >= least.unsqueeze(1)
        crowded = (open_.sum(dim=1) > CROWDED).nonzero().squeeze(1)
        open_[crowded] = False
        row, group = open_.nonzero().unbind(1)
        at, place = (values[row, :, group] >= least[row].unsqueeze(1)).nonzero().unbind(1)
        number = row[at] * len(self.small) + place * self.groups + group[at]
        number = (
            torch.cat(
                [number, (crowded.unsqueeze(1) * len(self.small) + torch.arange(self.k)).flatten()]
            )
            .sort()
            .values
        )
        query = number // len(self.small)
        return _Passed(number % len(self.small), torch.bincount(query, minlength=len(x)), crowded)
