"""Lexical candidates: texts that share words, by BM25.

bm25s weighs every word of every text. A text's scores against all others are then one row of a product of sparse
matrices, which is fifty times faster than to ask bm25s text by text (docs/experiments.md).
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from alignment import languages
from alignment.triplets.negatives import Candidates

POOL = 32_768  # texts that one query is scored against
POSTINGS = 8_192  # of one query: its rarest words, as far as their texts come to so many together
CHUNK = 2**22  # scores in memory at a time


def lexical_candidates(positives: Sequence[str], k: int, language: str) -> Candidates:
    """The k rows whose text shares most words with row i's own text, by BM25 (bm25s, Lucene's variant).

    More than `POOL` rows are looked for in pools of that size, of every so many-th row each. A word that nearly every
    text has weighs next to nothing and costs most: of each query the rarest words count, those whose texts come to
    `POSTINGS` together, one word at least. A text without a letter or digit has no candidates and is none.
    """
    n = len(positives)
    rows, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
    pools = -(-n // POOL)
    for first in range(pools):
        _pool(positives, np.arange(first, n, pools), language, rows, scores)
    return Candidates(rows, scores)


def _pool(
    positives: Sequence[str],
    pool: NDArray[np.int64],
    language: str,
    rows: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> None:
    """Fill in the rows and scores of one pool."""
    tokens = [tokenize(positives[i], language) for i in pool]
    pool = pool[[bool(row) for row in tokens]]
    tokens = [row for row in tokens if row]
    if len(pool) < 2:
        return
    vocabulary = {
        token: i for i, token in enumerate(dict.fromkeys(itertools.chain.from_iterable(tokens)))
    }
    ids = [[vocabulary[token] for token in row] for row in tokens]
    weights = _weights(ids, vocabulary)
    queries = _rarest(_counts(ids, len(vocabulary)), np.diff(weights.indptr))
    k = rows.shape[1]
    for chunk in _chunks(queries, np.diff(weights.indptr)):
        found, values = _best(queries[chunk] @ weights, chunk, k)
        rows[pool[chunk]] = np.where(found >= 0, pool[found], -1)
        scores[pool[chunk]] = values


def _weights(ids: list[list[int]], vocabulary: dict[str, int]) -> sparse.csr_array:
    """BM25's weight of each word in each text: (words, texts)."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it announces every index
    index = bm25s.BM25(method="lucene")
    index.index((ids, vocabulary), show_progress=False)
    starts = index.scores["indptr"]
    starts = np.pad(
        starts, (0, len(vocabulary) + 1 - len(starts)), mode="edge"
    )  # words that come last may be missing
    return sparse.csr_array(
        (index.scores["data"], index.scores["indices"], starts), shape=(len(vocabulary), len(ids))
    )


def _counts(ids: list[list[int]], words: int) -> sparse.csr_array:
    """How often each text has each word: (texts, words)."""
    starts = np.cumsum([0, *map(len, ids)])
    flat = np.fromiter(itertools.chain.from_iterable(ids), np.int32, starts[-1])
    counts = sparse.csr_array(
        (np.ones(len(flat), np.float32), flat, starts), shape=(len(ids), words)
    )
    counts.sum_duplicates()
    return counts


def _rarest(counts: sparse.csr_array, texts: NDArray[np.int64]) -> sparse.csr_array:
    """The queries with their rarest words only, by how many `texts` have each word."""
    query = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    order = np.lexsort((counts.indices, texts[counts.indices], query))
    cost = texts[counts.indices[order]]
    before = np.cumsum(cost) - cost
    first = counts.indptr[:-1]
    kept = before - before[first][query] + cost <= POSTINGS
    kept[first] = True
    taken = order[kept]
    return sparse.csr_array(
        (counts.data[taken], (query[taken], counts.indices[taken])), shape=counts.shape
    )


def _chunks(queries: sparse.csr_array, texts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """All queries, those of like cost together: at most `CHUNK` scores a time, or one query."""
    cost = np.maximum(1, queries.astype(bool) @ texts)
    order = np.argsort(cost, kind="stable")[::-1]
    while len(order):
        size = max(1, CHUNK // int(cost[order[0]]))
        yield order[:size]
        order = order[size:]


def _best(
    product: sparse.csr_array, queries: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The k best texts of each query and their scores, the query itself left out; -1 and 0 where there are fewer.

    Equal scores in the order of the texts.
    """
    query = np.repeat(np.arange(len(queries)), np.diff(product.indptr))
    value = np.where(product.indices == queries[query], 0, product.data)
    best = value > 0
    for first, last in itertools.pairwise(
        product.indptr.tolist()
    ):  # sorting all scores would cost five times as much
        if last - first > k:
            best[first:last] &= value[first:last] >= np.partition(value[first:last], -k)[-k]
    text, value, query = product.indices[best], value[best], query[best]
    order = np.lexsort((text, -value, query))
    starts = np.searchsorted(query, np.arange(len(queries)))
    place = (
        np.arange(len(order)) - starts[query]
    )  # `order` leaves each query's scores where they are
    kept = place < k
    found, values = (
        np.full((len(queries), k), -1, np.int32),
        np.zeros((len(queries), k), np.float32),
    )
    found[query[kept], place[kept]] = text[order[kept]]
    values[query[kept], place[kept]] = value[order[kept]]
    return found, values


def tokenize(text: str, language: str) -> list[str]:
    """Lower-case words; for a script without spaces its characters and character pairs."""
    folded = text.casefold()
    if languages.spaceless(language):
        characters = [char for char in folded if char.isalnum()]
        return characters + [a + b for a, b in itertools.pairwise(characters)]
    return "".join(char if char.isalnum() else " " for char in folded).split()
