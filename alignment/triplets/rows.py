"""One row of `tables.TRIPLETS`."""

from __future__ import annotations

from typing import TypedDict


class TripletRow(TypedDict):
    """A triplet and how it was built."""

    pair_id: str
    anchor: str
    positive: str
    negative: str
    anchor_lang: str
    positive_lang: str
    negative_lang: str
    group: int
    """Meaning group of anchor and positive."""
    negative_group: int
    direction: str
    strategy: str
    """That of the negative; `prebuilt` for a prebuilt triplet."""
    rank: int
    """Place of the negative among its strategy's candidates, from 0."""
    score: float | None
    """The strategy's own score of the negative."""
    positive_similarity: float | None
    """Cosine of anchor and positive under the base encoder, where it was measured."""
    negative_similarity: float | None
    """Cosine of anchor and negative under the base encoder, where it was measured."""
    chrf: float | None
    """Of the negative against the positive; None if known to be below the guard's limit."""
    weight: float
