"""The triplets: how hard the negatives are, what the guards refused, and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import JustifyMethod

from alignment import tables
from alignment.cli.display.console import Piece, add_row, console, new_table, percent, say
from alignment.languages import name as language_name

COLUMNS: dict[str, JustifyMethod] = {
    "strategy": "left",
    "triplets": "right",
    "easy": "right",
    "semi": "right",
    "hard": "right",
    "cos +": "right",
    "cos -": "right",
    "lang.": "right",
    "length": "right",
}
GUARD_COUNTS = (
    "considered",
    "same_meaning",
    "near_duplicate",
    "too_close",
    "fallback",
    "unfilled",
)


def print_hardness(strategies: Mapping[str, Any], margin: float, code: str | None) -> None:
    """One row per strategy, from `audit.json`: shares of easy and hard triplets, mean cosines."""
    label = "all languages" if code is None else language_name(code)
    table = new_table(f"{label}: negatives at margin {margin:g}", COLUMNS)
    for strategy, stats in strategies.items():
        add_row(
            table,
            strategy,
            f"{stats['count']:,}",
            *_measurements(stats),
            f"{percent(stats['by_language'], 0)}%",
            f"{percent(stats['by_length'], 0)}%",
        )
    console.print(table)


def print_guards(languages: Mapping[str, Any]) -> None:
    """How many candidates the guards refused, over these languages of `audit.json`."""
    total = {name: sum(audit[name] for audit in languages.values()) for name in GUARD_COUNTS}
    considered = max(1, total["considered"])
    same_meaning = percent(total["same_meaning"] / considered)
    near_duplicate = percent(total["near_duplicate"] / considered)
    say(
        f"Of {total['considered']:,} candidates, the guards refused {total['same_meaning']:,} "
        f"({same_meaning}%) that mean the same as the translation, {total['near_duplicate']:,} "
        f"({near_duplicate}%) near-duplicates, and {total['too_close']:,} too close to the anchor "
        f"under the base encoder. {total['fallback']:,} triplets use a fallback strategy; "
        f"for {total['unfilled']:,} no negative was left, so there is no triplet."
    )


def print_examples(path: Path, strategies: Sequence[str], code: str | None, number: int) -> None:
    """The anchor, its translation and the negative of some triplets of each strategy."""
    rows: dict[str, list[dict[str, Any]]] = {strategy: [] for strategy in strategies}
    for row in tables.read(path):
        if row["strategy"] in rows and _concerns(row, code):
            rows[row["strategy"]].append(row)
    for strategy, matches in rows.items():
        # Pair ids are hashes, so the smallest ones are a random sample that stays the same.
        sample = sorted(matches, key=lambda row: row["pair_id"])[:number]
        if sample:
            say()
            say((strategy, "bold"))
        for row in sample:
            _print_example(row)


def _measurements(stats: Mapping[str, Any]) -> list[str]:
    """Five cells; empty if the base encoder did not measure triplets of this strategy."""
    measured = stats["measured"]
    if not measured:
        return [""] * 5
    cells = [f"{percent(stats[kind] / measured, 0)}%" for kind in ("easy", "semi-hard", "hard")]
    cells.append(f"{stats['positive_similarity']:.2f}")
    cells.append(f"{stats['negative_similarity']:.2f}")
    return cells


def _concerns(row: Mapping[str, Any], code: str | None) -> bool:
    return code is None or code in (row["anchor_lang"], row["positive_lang"])


def _print_example(row: Mapping[str, Any]) -> None:
    say(f"  {row['anchor']}")
    say("    ", (row["positive"], "green"))
    negative: list[Piece] = ["    ", (row["negative"], "red")]
    if row["negative_similarity"] is not None:
        negative.append((f"  cosine {row['negative_similarity']:.2f}", "dim"))
    say(*negative)
