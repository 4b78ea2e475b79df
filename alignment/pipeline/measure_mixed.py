"""Measure an encoder on one pool of all languages, as in a multilingual knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.pipeline.measure import Bitext
    from alignment.retrieval.mixed import MixedResult


def measure_mixed(encoder: Encoder, bitexts: Sequence[Bitext], pivot: str) -> list[MixedResult]:
    """Search the texts of each language among all others, the pivot's queries first."""
    from alignment.retrieval.mixed import search_mixed
    from alignment.retrieval.pool import pool_of
    from alignment.stages.mixed import encoded_pool

    pool = pool_of(bitexts, pivot)
    mixed = encoded_pool(encoder, pool, pivot)
    return [search_mixed(mixed, language) for language in dict.fromkeys(pool.languages)]
