"""One suite in the hard pool, for the stage `evaluate` and for `alignment evaluate`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.edits.altered import altered_copies
from alignment.retrieval.hard import Copies, HardOutcomes, search_hard

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder


class HardPair(NamedTuple):
    """Both directions of one suite."""

    forward: HardOutcomes
    """From the pivot to the language."""
    backward: HardOutcomes
    """From the language to the pivot."""


def search_hard_pool(
    encoder: Encoder,
    sources: Sequence[str],
    targets: Sequence[str],
    pivot: str,
    language: str,
    *,
    check: bool = True,
) -> HardPair:
    """Search each side among the other side's texts and their altered copies.

    Args:
        encoder: Its vectors of earlier calls are reused.
        sources: In the pivot language (n).
        targets: Their translations (n).
        pivot: Code of the sources' language.
        language: Code of the targets' language.
        check: Refuse vectors that are not finite.
    """
    encode_source = functools.partial(encoder.encode, side="source", check=check)
    encode_target = functools.partial(encoder.encode, side="target", check=check)
    x = encode_source(sources)
    y = encode_target(targets)
    of_targets = _copies(encode_target, targets, sources, language)
    of_sources = _copies(encode_source, sources, targets, pivot)
    return HardPair(
        forward=search_hard(x, y, targets, of_targets),
        backward=search_hard(y, x, sources, of_sources),
    )


def _copies(
    encode: Callable[[list[str]], NDArray[np.float32]],
    texts: Sequence[str],
    translations: Sequence[str],
    language: str,
) -> Copies:
    """The altered copies of one side, encoded."""
    altered = altered_copies(texts, language, translations=translations)
    vectors = encode([copy.text for copy in altered])
    originals = np.array([copy.original for copy in altered], np.int64)
    return Copies(vectors, originals, [copy.kind for copy in altered])
