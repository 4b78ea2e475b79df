"""Nearest neighbours by cosine, exact, block by block.

Large searches on a processor with bf16 instructions go through a sieve in bf16 whose error is bounded, so
that what it lets through holds the true neighbours; those few are compared again in float32. A query whose
sieve lets too many through is searched plainly. Memory beside the vectors is a few blocks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

SIEVED_FROM = 16_384  # candidates: below, the plain search is as fast
GROUP = 32  # candidates that are looked at by their maximum first
ROWS = 512  # queries at once
BUFFER = 2**26  # similarities at once: 384 MiB in both precisions
SPARE = 6  # times k candidates that the sieve lets through; at 3 one query in seven of real text was searched again
BF16 = 2.0**-8  # unit of rounding to the nearest bf16, relative: half of 2^-7


class Neighbours(NamedTuple):
    """Of each query, both (n, min(k, m)), best first; ties by the lower index.

    Equal candidates tie unless the processor's product adds them up in another order at another place.
    """

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]


def nearest(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, *, block: int = 1024) -> Neighbours:
    """The k candidates of highest cosine for each query.

    `queries` (n, dim) and `candidates` (m, dim) are unit rows.
    """
    k = min(k, len(candidates))
    if len(candidates) < max(SIEVED_FROM, (SPARE * k + 1) * GROUP) or not torch.cpu._is_avx512_bf16_supported():
        return _plain(queries, candidates, k, block)
    return _sieved(queries, candidates, k)


def _plain(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, block: int) -> Neighbours:
    found = Neighbours(np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32))
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        similarity = torch.from_numpy(queries[rows] @ candidates.T)  # (block, m)
        values, places = similarity.topk(min(k + 1, len(candidates)), dim=1)
        tied = (values[:, k - 1 : k] == values[:, k:]).any(dim=1)  # the lower index must be chosen, not any
        if tied.any():
            places[tied, :k] = torch.argsort(similarity[tied], dim=1, descending=True, stable=True)[:, :k]
        found.indices[rows], found.similarities[rows] = _best_first(similarity, places[:, :k])
    return found


def _best_first(similarity: torch.Tensor, places: torch.Tensor) -> Neighbours:
    """The values at these places (rows, k), ordered; equal ones by place."""
    places = places.sort(dim=1).values
    values = similarity.gather(1, places)
    order = torch.argsort(values, dim=1, descending=True, stable=True)
    return Neighbours(places.gather(1, order).numpy(), values.gather(1, order).numpy())


def _sieved(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int) -> Neighbours:
    x, y = torch.from_numpy(queries), torch.from_numpy(candidates)
    centred = y - y.mean(dim=0)  # the same order for every query, and smaller numbers round less
    width = -(-len(y) // GROUP) * GROUP
    small = torch.zeros(width, y.shape[1], dtype=torch.bfloat16)
    small[: len(y)] = centred
    error = _error(x, centred, small[: len(y)])
    del centred
    size = max(1, min(ROWS, BUFFER // width))
    sieve = _Sieve(small.T, len(y), k, size)
    near = torch.empty(size * sieve.spare, y.shape[1])
    found = Neighbours(np.empty((len(x), k), np.int64), np.empty((len(x), k), np.float32))
    doubtful = []
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        passed, whole = sieve.passed(x[rows], error[rows])
        texts = torch.index_select(y, 0, passed.flatten(), out=near[: passed.numel()])
        exact = torch.bmm(texts.view(*passed.shape, -1), x[rows].unsqueeze(2)).squeeze(2)  # (rows, spare)
        order = torch.argsort(exact, dim=1, descending=True, stable=True)[:, :k]
        found.indices[rows] = passed.gather(1, order).numpy()
        found.similarities[rows] = exact.gather(1, order).numpy()
        doubtful += (start + (~whole).nonzero().squeeze(1)).tolist()
    if doubtful:
        again = _plain(queries[doubtful], candidates, k, size)
        found.indices[doubtful], found.similarities[doubtful] = again
    return found


def _error(x: torch.Tensor, centred: torch.Tensor, small: torch.Tensor) -> torch.Tensor:
    """How far a similarity of the sieve may be from the true one, for each query (n,).

    By Cauchy and Schwarz from the two rounding residues, and the rounding of the result itself.
    """
    residue_x = (x - x.bfloat16().float()).norm(dim=1)
    residue_y = (centred - small.float()).norm(dim=1).max()
    longest = centred.norm(dim=1).max()
    error: torch.Tensor = residue_x * longest + (1 + residue_x) * residue_y + BF16 * longest + 1e-5
    return error


class _Sieve:
    """Similarities in bf16, block by block, in buffers that are made once: new ones would cost more than the product."""

    def __init__(self, small: torch.Tensor, m: int, k: int, rows: int) -> None:
        self.small = small  # (dim, width)
        self.m, self.k, self.spare = m, k, SPARE * k
        self.rough = torch.empty(rows, small.shape[1], dtype=torch.bfloat16)
        self.values = torch.empty(rows, small.shape[1])

    def passed(self, x: torch.Tensor, error: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Candidates (rows, spare), ascending, and whether they surely hold the k nearest (rows,)."""
        values = self.values[: len(x)]
        values.copy_(torch.mm(x.bfloat16(), self.small, out=self.rough[: len(x)]))
        values[:, self.m :] = -torch.inf
        groups = values.view(len(x), -1, GROUP)
        tops, chosen = groups.amax(dim=2).topk(self.spare + 1, dim=1)
        # The k-th best group maximum is at most the k-th best similarity, which is off by the error at most.
        whole = tops[:, self.spare] < tops[:, self.k - 1] - 2 * error
        chosen = chosen[:, : self.spare]
        inside = groups.gather(1, chosen.unsqueeze(2).expand(-1, -1, GROUP)).flatten(1)
        best, places = inside.topk(self.spare + 1, dim=1)
        whole &= best[:, self.spare] < best[:, self.k - 1] - 2 * error
        places = places[:, : self.spare]
        numbers = chosen.gather(1, places // GROUP) * GROUP + places % GROUP
        return numbers.sort(dim=1).values, whole
