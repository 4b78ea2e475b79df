"""Exact nearest neighbors by cosine, block by block.

Large searches on a CPU with 8-bit dot products go through a sieve (`int8_sieve`, or `bf16_sieve`
if it has matrix tiles), which rules out most candidates without a doubt; the rest are compared in
float32. A query that lets too
many through is searched plainly. Apart from the vectors, a few blocks are in memory. On a GPU every
search is plain.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from alignment import compat
from alignment.retrieval.bf16_sieve import Bf16Sieve
from alignment.retrieval.int8_sieve import GROUP, MAX_QUERIES, Int8Sieve, passed_similarities
from alignment.retrieval.neighbors import Neighbors

SIEVED_FROM = 16_384  # candidates: with fewer, the plain search is as fast
CHUNK = 2**17  # candidates at once: 128 MiB of similarities
DEVICE_CELLS = 2**28  # similarities at once on a GPU: 1 GiB, and as much again for their sort


def search(
    queries: NDArray[np.float32],
    candidates: NDArray[np.float32],
    k: int,
    *,
    block: int,
    device: str,
) -> Neighbors:
    """Find the `k` candidates of highest cosine for each query; see `neighbors.nearest`.

    Args:
        queries: Unit rows (n, dim).
        candidates: Unit rows (m, dim).
        k: Neighbors per query, at most m.
        block: Queries that are compared at once on a CPU.
        device: "cpu" or "cuda".
    """
    if torch.device(device).type != "cpu":
        return _on_device(queries, candidates, k, device)
    is_large = len(candidates) >= max(SIEVED_FROM, 4 * GROUP * k)
    if is_large and compat.has_int8_dot_products():
        return _sieved(queries, candidates, k)
    return _plain(queries, candidates, k, block)


def _plain(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, block: int
) -> Neighbors:
    neighbors = _empty(len(queries), k)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        similarities = torch.from_numpy(queries[rows] @ candidates.T)  # (block, m)
        best = _best(similarities, k)
        neighbors.indices[rows] = best.indices
        neighbors.similarities[rows] = best.similarities
    return neighbors


def _on_device(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int, device: str
) -> Neighbors:
    """The plain search on a device, which holds the candidates and a block of queries."""
    neighbors = _empty(len(queries), k)
    y = torch.from_numpy(candidates).to(device)
    block = max(1, DEVICE_CELLS // max(1, len(candidates)))
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        x = torch.from_numpy(queries[rows]).to(device)
        best = _best(x @ y.T, k)
        neighbors.indices[rows] = best.indices
        neighbors.similarities[rows] = best.similarities
    return neighbors


def _empty(n: int, k: int) -> Neighbors:
    return Neighbors(np.empty((n, k), np.int64), np.empty((n, k), np.float32))


def _best(similarities: torch.Tensor, k: int) -> Neighbors:
    """The k highest columns of each row, best first; of equal ones the first."""
    num_columns = similarities.shape[1]
    values, columns = similarities.topk(min(k + 1, num_columns), dim=1)
    # `topk` takes any of the columns that tie for the last place, we want the first.
    tied = (values[:, k - 1 : k] == values[:, k:]).any(dim=1)
    if tied.any():
        order = torch.argsort(similarities[tied], dim=1, descending=True, stable=True)
        columns[tied, :k] = order[:, :k]
    columns = columns[:, :k].sort(dim=1).values
    values = similarities.gather(1, columns)
    order = torch.argsort(values, dim=1, descending=True, stable=True)
    return Neighbors(columns.gather(1, order).cpu().numpy(), values.gather(1, order).cpu().numpy())


def _sieved(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int) -> Neighbors:
    """Search chunk by chunk of the candidates, and merge each chunk's best with the best so far."""
    best = _empty(len(queries), 0)
    for first in range(0, len(candidates), CHUNK):
        chunk = candidates[first : first + CHUNK]
        in_chunk = _in_chunk(queries, chunk, min(k, len(chunk)))
        in_chunk.indices[:] += first
        best = _merged(best, in_chunk, k) if first else in_chunk
    return best


def _merged(best: Neighbors, later: Neighbors, k: int) -> Neighbors:
    """The k best of two results, where the indices of `later` are the higher ones."""
    similarities = np.hstack([best.similarities, later.similarities])
    indices = np.hstack([best.indices, later.indices])
    # Of equal ones the first column is taken, which has the lower index.
    merged = _best(torch.from_numpy(similarities), k)
    return Neighbors(np.take_along_axis(indices, merged.indices, axis=1), merged.similarities)


def _in_chunk(queries: NDArray[np.float32], candidates: NDArray[np.float32], k: int) -> Neighbors:
    if len(candidates) < GROUP * k:
        return _plain(queries, candidates, k, MAX_QUERIES)
    x = torch.from_numpy(queries)
    y = torch.from_numpy(candidates)
    sieve = Bf16Sieve(y, k) if compat.has_bf16_tiles() else Int8Sieve(y, k)
    neighbors = _empty(len(x), k)
    crowded: list[int] = []
    for start in range(0, len(x), MAX_QUERIES):
        rows = slice(start, start + MAX_QUERIES)
        passed = sieve.passed(x[rows])
        # The passed candidates of each query, filled up to the longest row: (queries, longest).
        similarities = torch.full((len(passed.counts), int(passed.counts.max())), -torch.inf)
        is_filled = torch.arange(similarities.shape[1]) < passed.counts.unsqueeze(1)
        similarities[is_filled] = passed_similarities(x[rows], y, passed)
        indices = torch.zeros(similarities.shape, dtype=torch.int64)
        indices[is_filled] = passed.candidates
        best = _best(similarities, k)
        neighbors.indices[rows] = indices.gather(1, torch.from_numpy(best.indices)).numpy()
        neighbors.similarities[rows] = best.similarities
        crowded += (start + passed.crowded).tolist()
    if crowded:
        plain = _plain(queries[crowded], candidates, k, MAX_QUERIES)
        neighbors.indices[crowded] = plain.indices
        neighbors.similarities[crowded] = plain.similarities
    return neighbors
