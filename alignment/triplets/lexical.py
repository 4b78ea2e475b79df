"""Lexical candidates: texts that share words, by BM25.

bm25s weighs every word of every text. A text's scores against all others are then one row of a
product of sparse matrices. That is fifty times faster than querying bm25s once per text
(docs/experiments.md).
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from alignment import languages
from alignment.triplets.candidates import Candidates

POOL = 32_768  # texts that one query is scored against
POSTINGS = 8_192  # of one query: occurrences in texts of its rarest words, added up
CHUNK = 2**22  # scores in memory at a time
_WORD = re.compile(r"[^\W_]+")  # runs of characters with `str.isalnum`


def lexical_candidates(positives: Sequence[str], k: int, language: str) -> Candidates:
    """The k rows whose texts have the highest BM25 score for each row's text, without the row.

    BM25 is Lucene's variant, computed by bm25s. More than `POOL` rows are searched in pools of
    that size: with p pools, one of them holds every p-th row. Of each query only the rarest words
    count, as many as occur in `POSTINGS` texts together, and at least one; a word that nearly every
    text has weighs next to nothing and costs the most. A text without a letter or digit has no
    candidates and is none.

    Args:
        positives: one text per row (n,).
        k: candidates per row.
        language: of the texts; it decides how they are split into words.
    """
    n = len(positives)
    rows = np.full((n, k), -1, np.int32)
    scores = np.zeros((n, k), np.float32)
    pools = -(-n // POOL)
    for first in range(pools):
        _search_pool(positives, np.arange(first, n, pools), language, rows, scores)
    return Candidates(rows, scores)


def tokenize(text: str, language: str) -> list[str]:
    """Lower-case words; for a script without spaces, characters and pairs of characters."""
    folded = text.casefold()
    if languages.spaceless(language):
        characters = [char for char in folded if char.isalnum()]
        return characters + [a + b for a, b in itertools.pairwise(characters)]
    return _WORD.findall(folded)


def _search_pool(
    positives: Sequence[str],
    pool: NDArray[np.int64],
    language: str,
    rows: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> None:
    """Fill in the candidates' rows and scores (n, k) of the texts numbered by `pool`."""
    tokens = [tokenize(positives[i], language) for i in pool]
    # A text without words is neither a query nor a candidate.
    pool = pool[list(map(bool, tokens))]
    tokens = list(filter(None, tokens))
    if len(pool) < 2:
        return
    distinct = dict.fromkeys(itertools.chain.from_iterable(tokens))
    vocabulary = {word: i for i, word in enumerate(distinct)}
    ids = [list(map(vocabulary.__getitem__, words)) for words in tokens]
    weights = _weights(ids, vocabulary)
    frequencies = np.diff(weights.indptr)
    queries = _rarest_words(_counts(ids, len(vocabulary)), frequencies)
    for chunk in _chunks(queries, frequencies):
        best, values = _best(queries[chunk] @ weights, chunk, rows.shape[1])
        rows[pool[chunk]] = np.where(best >= 0, pool[best], -1)
        scores[pool[chunk]] = values


def _weights(ids: list[list[int]], vocabulary: dict[str, int]) -> sparse.csr_array:
    """BM25's weight of each word in each text (words, texts)."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # it logs every index at INFO
    index = bm25s.BM25(method="lucene")
    index.index((ids, vocabulary), show_progress=False)
    starts = index.scores["indptr"]
    missing = len(vocabulary) + 1 - len(starts)  # bm25s may leave out the last words
    starts = np.pad(starts, (0, missing), mode="edge")
    return sparse.csr_array(
        (index.scores["data"], index.scores["indices"], starts), shape=(len(vocabulary), len(ids))
    )


def _counts(ids: list[list[int]], words: int) -> sparse.csr_array:
    """How often each word occurs in each text (texts, words)."""
    starts = np.cumsum([0, *map(len, ids)])
    flat = np.fromiter(itertools.chain.from_iterable(ids), np.int32, starts[-1])
    ones = np.ones(len(flat), np.float32)
    counts = sparse.csr_array((ones, flat, starts), shape=(len(ids), words))
    counts.sum_duplicates()
    return counts


def _rarest_words(counts: sparse.csr_array, frequencies: NDArray[np.int64]) -> sparse.csr_array:
    """The queries `counts` (texts, words), reduced to the rarest words of each.

    `frequencies` says how many texts have each word (words,).
    """
    # One entry per query and word; `order` sorts by query and then by frequency, rarest first.
    query = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    order = np.lexsort((counts.indices, frequencies[counts.indices], query))
    cost = frequencies[counts.indices[order]]
    # What the query's rarer words cost, and this one: at most `POSTINGS`.
    cost_before = np.cumsum(cost) - cost
    first = counts.indptr[:-1]
    selected = cost_before - cost_before[first][query] + cost <= POSTINGS
    selected[first] = True
    taken = order[selected]
    return sparse.csr_array(
        (counts.data[taken], (query[taken], counts.indices[taken])), shape=counts.shape
    )


def _chunks(
    queries: sparse.csr_array, frequencies: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    """The numbers of all queries, in chunks of at most `CHUNK` scores, or of one query.

    Queries of similar cost go together.
    """
    cost = np.maximum(1, queries.astype(bool) @ frequencies)
    order = np.argsort(cost, kind="stable")[::-1]
    while len(order):
        size = max(1, CHUNK // int(cost[order[0]]))
        yield order[:size]
        order = order[size:]


def _best(
    product: sparse.csr_array, queries: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The k best texts of each query and their scores, both (queries, k), without the query.

    Equal scores are in the order of the texts; -1 and 0 where there are fewer than k.
    """
    # One entry per query and text that share a word; a text's score for itself becomes 0.
    query = np.repeat(np.arange(len(queries)), np.diff(product.indptr))
    value = np.where(product.indices == queries[query], 0, product.data)
    best = _top_k_mask(value, product.indptr, k)
    text = product.indices[best]
    value = value[best]
    query = query[best]
    order = np.lexsort((text, -value, query))
    # `query` is sorted, so `order` moves scores only within their query.
    starts = np.searchsorted(query, np.arange(len(queries)))
    place = np.arange(len(order)) - starts[query]
    inside = place < k
    target = query[inside], place[inside]
    rows = np.full((len(queries), k), -1, np.int32)
    scores = np.zeros((len(queries), k), np.float32)
    rows[target] = text[order[inside]]
    scores[target] = value[order[inside]]
    return rows, scores


def _top_k_mask(value: NDArray[np.float32], indptr: NDArray[np.int32], k: int) -> NDArray[np.bool_]:
    """Positive scores that may be among the k best of their query, ties included (scores,).

    Partitioning each query costs a fifth of sorting all scores.
    """
    best: NDArray[np.bool_] = value > 0
    for first, last in itertools.pairwise(indptr.tolist()):
        if last - first > k:
            part = value[first:last]
            best[first:last] &= part >= np.partition(part, -k)[-k]
    return best
