"""Which side of the split a sentence is on: by a hash of its text, the same in every language."""

from __future__ import annotations

import hashlib

from alignment.cleaning.normalise import comparable


def held_out(pivot_text: str, share: float, seed: int) -> bool:
    """Whether this pivot sentence belongs to the held-out share.

    It depends on the comparable form only, so that one English sentence is on the same side in
    every language, whatever its case or punctuation, and whatever else is in the corpus.
    """
    digest = hashlib.blake2b(comparable(pivot_text).encode(), digest_size=8, salt=seed.to_bytes(8, "big")).digest()
    return int.from_bytes(digest, "big") < share * 2**64
