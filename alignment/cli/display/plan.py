"""The plan of a run: rows by language, minutes and disk by stage, memory, and warnings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, say
from alignment.languages import name as language_name
from alignment.pipeline.plan import Plan, StagePlan

ROW_COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "pairs": "right",
    "after cleaning": "right",
    "from": "left",
}
STAGE_COLUMNS: dict[str, JustifyMethod] = {
    "stage": "left",
    "work": "right",
    "time": "right",
    "disk": "right",
    "rate from": "left",
}
MEMORY_ROWS = {
    "process": "Python, torch",
    "weights": "weights",
    "gradients_and_optimizer": "gradients, optimizer",
    "activations": "activations",
    "data": "triplets",
}
MAX_LANGUAGES = 30
_MINUTE = 60
_HOUR = 3600
_PREFIX = {"known": "", "about": "about ", "at most": "at most ", "unknown": ""}


def print_plan(plan: Plan) -> None:
    """Three tables, then the warnings."""
    _print_rows(plan)
    _print_stages(plan)
    _print_tokens(plan)
    _print_memory(plan)
    for warning in plan.warnings:
        say(("warning: ", "yellow"), warning)


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """The plan in bytes, seconds and rows."""
    content = asdict(plan)
    content["seconds"] = plan.seconds
    content["bytes"] = plan.bytes
    content["has_unknown_rows"] = plan.has_unknown_rows
    if plan.memory is not None:
        content["memory"]["total"] = plan.memory.total
    if plan.encoder is not None:
        content["encoder"] = {**plan.encoder._asdict(), "parameters": plan.encoder.parameters}
    return content


def duration(seconds: float | None) -> str:
    """`40 s`, `12 min`, `3.5 h`, or `unknown`."""
    if seconds is None:
        return "unknown"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def size(amount: float | None) -> str:
    """`3 MiB`, `1.2 GiB`, or `unknown`."""
    if amount is None:
        return "unknown"
    if amount < 2**30:
        return f"{amount / 2**20:.0f} MiB"
    return f"{amount / 2**30:.1f} GiB"


def _print_rows(plan: Plan) -> None:
    table = new_table("expected pairs", ROW_COLUMNS)
    shown = sorted(plan.languages.items(), key=lambda item: -item[1].pairs.rows)
    for code, language in shown[:MAX_LANGUAGES]:
        reasons = []
        for name, expected in language.corpora.items():
            reasons.append(f"{name} {_rows(expected.rows, expected.certainty)}")
        pairs = _rows(language.pairs.rows, language.pairs.certainty)
        kept = f"{language.clean_pairs:,}" if language.clean_pairs else ""
        add_row(table, language_name(code), pairs, kept, ", ".join(reasons))
    if len(shown) > MAX_LANGUAGES:
        add_row(table, f"{len(shown) - MAX_LANGUAGES} more", "", "", "")
    table.add_section()
    total = sum(language.pairs.rows for language in plan.languages.values())
    clean = sum(language.clean_pairs for language in plan.languages.values())
    add_row(table, f"all ({len(plan.languages)})", f"{total:,}", f"{clean:,}", "")
    console.print(table)


def _rows(rows: int, certainty: str) -> str:
    if certainty == "unknown":
        return f"{rows:,} + unknown" if rows else "unknown"
    return f"{_PREFIX[certainty]}{rows:,}"


def _print_stages(plan: Plan) -> None:
    table = new_table("time and disk by stage", STAGE_COLUMNS)
    for name, stage in plan.stages.items():
        cells = [_work(stage), duration(stage.seconds), size(stage.bytes)]
        if not stage.units and plan.has_unknown_rows:
            cells = ["unknown"] * len(cells)
        add_row(table, name, *cells, stage.source)
    table.add_section()
    prefix = "at least " if _is_incomplete(plan) else ""
    total = f"{prefix}{duration(plan.seconds)}"
    free = f"{size(plan.free_disk)} free"
    add_row(table, "all", "", total, f"{prefix}{size(plan.bytes)}", free)
    console.print(table)


def _is_incomplete(plan: Plan) -> bool:
    return plan.has_unknown_rows or any(stage.seconds is None for stage in plan.stages.values())


def _work(stage: StagePlan) -> str:
    if stage.unit == "run":
        return ""
    plural = "queries" if stage.unit == "query" else f"{stage.unit}s"
    return f"{stage.units:,} {stage.unit if stage.units == 1 else plural}"


def _print_tokens(plan: Plan) -> None:
    least = "at least" if plan.has_unknown_rows else "about"
    say(
        f"Training text: {least} {plan.tokens:,} tokens. "
        f"A training step takes about {plan.batch_tokens:,} of them."
    )


def _print_memory(plan: Plan) -> None:
    if plan.memory is None:
        say("The memory of training is unknown: the encoder has not been fetched yet.")
        return
    columns: dict[str, JustifyMethod] = {"memory of training": "left", "about": "right"}
    table = new_table("", columns)
    for name, label in MEMORY_ROWS.items():
        add_row(table, label, size(getattr(plan.memory, name)))
    table.add_section()
    add_row(table, "all", size(plan.memory.total))
    free = size(plan.free_memory) if plan.free_memory is not None else "unknown"
    add_row(table, "free now", free)
    console.print(table)
