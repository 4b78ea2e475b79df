"""The table of the hard pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.edits.altered import KINDS
from alignment.pipeline.measure_hard import HardScores
from alignment.retrieval.hard import OTHER_TEXT, HardOutcomes

_RIGHT: JustifyMethod = "right"


def print_hard(by_encoder: Mapping[str, Sequence[HardScores]]) -> None:
    """One table per encoder, one row per language and direction that has altered copies."""
    for name, scores in by_encoder.items():
        _print(name, scores)
    if by_encoder:
        say("plain: without the altered copies; xsim++: error by ratio margin. Wrong answers: what")
        say("they found, as a share of all queries: another text, or a copy of the translation in")
        say("which a number, a negation, ... was changed.")


def _print(name: str, scores: Sequence[HardScores]) -> None:
    columns: dict[str, JustifyMethod] = {"queries": "left"}
    columns |= dict.fromkeys(("copies", "plain", "acc@1", "xsim++"), _RIGHT)
    columns["wrong answers"] = "left"
    table = new_table(f"{name}: pool with altered copies, in %", columns)
    for language in scores:
        add_row(table, f"{language.language}, to pivot", *_cells(language.to_pivot))
        if language.from_pivot.copies:
            add_row(table, f"{language.language}, from pivot", *_cells(language.from_pivot))
    console.print(table)


def _cells(direction: HardOutcomes) -> list[str]:
    errors = direction.errors()
    by_kind = []
    for kind in (OTHER_TEXT, *KINDS):
        if kind in errors:
            by_kind.append(f"{kind.replace('_', ' ')} {percent(errors[kind])}")
    return [
        f"{direction.copies:,}",
        percent(direction.plain_accuracy),
        percent(direction.accuracy),
        percent(direction.xsim_error),
        ", ".join(by_kind),
    ]
