"""Which side of the held-out split a sentence is on: decided by a hash of its text."""

from __future__ import annotations

import numpy as np

from alignment.cleaning.columns import Bools, Ints
from alignment.hashing import splitmix64, state_after


def held_out(pivot_fingerprints: Ints, share: float, seed: int) -> Bools:
    """Whether each pivot sentence belongs to the held-out share (n,).

    It depends on the comparable form and the seed only. One English sentence is therefore on the
    same side in every language, whatever its case and punctuation and the rest of the corpus.
    """
    states = pivot_fingerprints.view(np.uint64) + state_after(seed + 1)
    below: Bools = splitmix64(states).astype(np.float64) / 2.0**64 < share
    return below
