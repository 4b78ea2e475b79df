"""The pairs of a unit that has several texts in one language."""

from __future__ import annotations

from collections.abc import Iterator

from alignment.corpora.skips import OnSkip
from alignment.corpora.xml_bitext import Unit
from alignment.types import SentencePair

MAX_VARIANTS = 10
"""Texts of one language in a unit that are used; their product is the number of pairs."""
TOO_MANY = f"more than {MAX_VARIANTS} variants"


def pairs_of_variants(
    unit: Unit, pivot: str, language: str, on_skip: OnSkip
) -> Iterator[SentencePair]:
    """Each text of the pivot with each text of the language, as the unit spells them."""
    sources = [text for spelling, text in unit.texts if spelling == pivot]
    targets = [text for spelling, text in unit.texts if spelling == language]
    if max(len(sources), len(targets)) > MAX_VARIANTS:
        on_skip(TOO_MANY, unit.origin)
    for source in sources[:MAX_VARIANTS]:
        for target in targets[:MAX_VARIANTS]:
            yield SentencePair(source, target, unit.origin)
