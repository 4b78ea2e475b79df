"""How the trained encoder was averaged with its base, as rows of a table."""

from __future__ import annotations

from typing import NamedTuple

from alignment.report.summary import Averaging


class AveragingRow(NamedTuple):
    """One share of the base encoder, as text."""

    share: str
    accuracy: str
    """Mean over the languages, in percent."""
    below_base: str
    """Languages in which the base encoder alone is better."""
    chosen: bool


def averaging_rows(averaging: Averaging | None) -> list[AveragingRow]:
    """The curve by share, ascending; empty if no share was chosen on validation pairs."""
    if averaging is None:
        return []
    rows = []
    for point in averaging.curve:
        is_base = point.share == 1.0
        row = AveragingRow(
            share="base alone" if is_base else f"{point.share:.1f}",
            accuracy=f"{100 * point.accuracy:.1f}",
            below_base="" if is_base else str(point.below_base),
            chosen=point.share == averaging.share,
        )
        rows.append(row)
    return rows
