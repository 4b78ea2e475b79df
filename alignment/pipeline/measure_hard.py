"""Measure an encoder in the hard pool: each side of a suite with altered copies of its texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.pipeline.measure import Bitext
    from alignment.retrieval.hard import HardOutcomes


@dataclass(frozen=True, eq=False)
class HardScores:
    """One language in the hard pool, in both directions."""

    language: str
    to_pivot: HardOutcomes
    """Queries in the language, copies of the pivot's texts: most rules are English."""
    from_pivot: HardOutcomes
    """Queries in the pivot language. Only rules of any language make copies, such as numbers."""


def measure_hard(
    encoder: Encoder,
    bitexts: Sequence[Bitext],
    pivot: str,
    on_language: Callable[[str], None] = lambda _: None,
) -> list[HardScores]:
    """Both directions of every bitext; the altered copies depend on its texts alone."""
    from alignment.stages.hard_pool import search_hard_pool

    scores = []
    for bitext in bitexts:
        both = search_hard_pool(encoder, bitext.sources, bitext.targets, pivot, bitext.language)
        scores.append(HardScores(bitext.language, both.backward, both.forward))
        on_language(bitext.language)
    return scores
