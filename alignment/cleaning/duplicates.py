"""Checks that depend on earlier rows: duplicate pairs, repeated targets, near duplicates."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from alignment.cleaning.columns import Ints
from alignment.cleaning.ledger import KEPT, REASON_NUMBERS, Reasons
from alignment.cleaning.seen import SeenHashes
from alignment.config import Clean
from alignment.hashing import GOLDEN_GAMMA


class DuplicateFinder:
    """Remembers the rows seen so far and finds those that repeat one of them.

    Hashes past a size go to files in the directory `scratch`.
    """

    def __init__(self, limits: Clean, scratch: Path | None) -> None:
        self._limits = limits
        self._scratch = scratch
        self._pairs = SeenHashes(scratch)
        self._targets = SeenHashes(scratch)
        self._bands: list[SeenHashes] = []

    def find(self, source: Ints, target: Ints, bands: Ints) -> Reasons:
        """Why each row is a duplicate, or `KEPT` (rows,).

        Takes the fingerprints of both sides (rows,) and the MinHash bands (rows, bands); without
        columns there, near duplicates are kept.
        """
        reasons = np.full(len(source), KEPT, dtype=np.int16)
        reasons[self._pairs.add(pair_hashes(source, target))] = REASON_NUMBERS["duplicate"]
        if self._limits.max_same_target is not None:
            self._cap_targets(reasons, target, self._limits.max_same_target)
        if bands.shape[1]:
            self._mark_near_duplicates(reasons, bands)
        return reasons

    def _cap_targets(self, reasons: Reasons, target: Ints, cap: int) -> None:
        """Keep at most `cap` rows per target: the k-th of them is remembered as (target, k)."""
        rows = np.flatnonzero(reasons == KEPT)
        for k in range(cap):
            repeated = self._targets.add(pair_hashes(target[rows], np.full(len(rows), k)))
            rows = rows[repeated]
            if not len(rows):
                return
        reasons[rows] = REASON_NUMBERS["same_target"]

    def _mark_near_duplicates(self, reasons: Reasons, bands: Ints) -> None:
        if not self._bands:
            self._bands = [SeenHashes(self._scratch) for _ in range(bands.shape[1])]
        rows = np.flatnonzero(reasons == KEPT)
        near = np.zeros(len(rows), dtype=bool)
        for seen, hashes in zip(self._bands, bands[rows].T, strict=True):
            near |= seen.add(hashes)
        reasons[rows[near]] = REASON_NUMBERS["near_duplicate"]


def pair_hashes(a: Ints, b: Ints) -> Ints:
    """One hash of two columns (n,)."""
    x = a.view(np.uint64)
    y = b.view(np.uint64)
    mixed = ((x ^ (x >> np.uint64(29))) * GOLDEN_GAMMA + y) * GOLDEN_GAMMA
    mixed ^= mixed >> np.uint64(32)
    return mixed.view(np.int64)
