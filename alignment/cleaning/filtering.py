"""Normalize a batch and apply the filters to it, without looking at other batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from alignment.cleaning import columns
from alignment.cleaning.batch import Batch, Context
from alignment.cleaning.columns import Bools, Ints, Texts
from alignment.cleaning.filters import FILTERS, Filter
from alignment.cleaning.ledger import KEPT, REASON_NUMBERS, Reasons
from alignment.cleaning.normalize import normalize, repair
from alignment.config import Clean

MIN_SHARE_LEFT = 0.6
"""With a smaller share of rows left, copying those for the later filters saves time."""


class Changed(NamedTuple):
    """The texts of one side that normalization changes: few, compared with all texts."""

    rows: Bools
    """Which rows change (rows,)."""
    texts: pa.Array
    """Their normalized texts."""


class Filtered(NamedTuple):
    """A batch after its filters."""

    reasons: Reasons
    changed: dict[str, Changed]
    """By side."""
    pairs: Batch
    """The normalized pairs."""
    remaining: Batch
    """The pairs that the last filter looked at: those without a reason, and a few more."""
    kept_rows: Ints
    """Rows in `remaining` of the pairs without a reason (kept,)."""


def apply_filters(batch: pa.RecordBatch, limits: Clean, context: Context) -> Filtered:
    """Normalize the columns `source` and `target`, then filter."""
    source, source_changed = normalize_column(batch.column("source"), limits)
    target, target_changed = normalize_column(batch.column("target"), limits)
    pairs = Batch(source, target)
    reasons = np.full(len(pairs), KEPT, dtype=np.int16)
    empty = np.minimum(source.lengths, target.lengths) == 0
    reasons[empty] = REASON_NUMBERS["empty"]
    remaining = pairs
    rows = np.arange(len(pairs))  # the number in `pairs` of each remaining pair
    for filter_, threshold in active_filters(limits):
        alive = reasons[rows] == KEPT
        if alive.sum() < MIN_SHARE_LEFT * len(alive):
            remaining = remaining.take(np.flatnonzero(alive))
            rows = rows[alive]
            alive = np.ones(len(rows), dtype=bool)
        dropped = filter_.dropped(remaining, context, threshold, alive)
        reasons[rows[dropped]] = REASON_NUMBERS[filter_.name]
    changed = {}
    if source_changed is not None:
        changed["source"] = source_changed
    if target_changed is not None:
        changed["target"] = target_changed
    return Filtered(reasons, changed, pairs, remaining, np.flatnonzero(reasons[rows] == KEPT))


def with_normalized(batch: pa.RecordBatch, changed: Mapping[str, Changed]) -> pa.RecordBatch:
    """The rows with their texts normalized; `changed` is by column name."""
    for side, (rows, texts) in changed.items():
        column = pc.replace_with_mask(batch.column(side), pa.array(rows), texts)
        batch = batch.set_column(batch.schema.get_field_index(side), side, column)
    return batch


def active_filters(limits: Clean) -> list[tuple[Filter, float]]:
    """The enabled filters with their thresholds, in the configured order."""
    active = []
    for name in limits.filters:
        threshold = FILTERS[name].threshold(limits)
        if threshold is not None:
            active.append((FILTERS[name], threshold))
    return active


def normalize_column(column: pa.Array, limits: Clean) -> tuple[Texts, Changed | None]:
    """Normalized texts, and which of them differ from `column`, if any may."""
    texts = columns.from_arrow(column)
    if limits.repair:
        rows = np.ones(len(texts), dtype=bool)
        texts = columns.map_rows(texts, rows, _repair_and_normalize)
    else:
        rows = columns.not_normal(texts)
        texts = columns.map_rows(texts, rows, normalize)
    if not rows.any():
        return texts, None
    return texts, Changed(rows, columns.to_arrow(columns.take(texts, np.flatnonzero(rows))))


def _repair_and_normalize(text: str) -> str:
    return normalize(repair(text))
