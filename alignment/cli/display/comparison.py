"""The result of `alignment compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.cli.options import writing_file
from alignment.pipeline.compare import ALPHA, ArmResult, best_arm
from alignment.pipeline.development import Development


def print_development(development: Development) -> None:
    """What is chosen by, and what was left out of the training text and of the suites."""
    for suite, by_language in development.pairs.items():
        pairs = sum(by_language.values())
        say(f"development suite {suite}: {pairs:,} pairs in {len(by_language)} languages")
    if development.in_training:
        say(
            f"{development.in_training:,} sentences of the training text are in a development "
            "suite: they are not trained on"
        )
    if development.in_suites:
        say(
            f"{development.in_suites:,} pairs are also in suites of the gate: they are left out "
            "of the development suites"
        )


def print_scores(scores: ArmResult, number: int, total: int) -> None:
    """One line for a combination that is done."""
    means = (f"{suite} {percent(scores.spread(suite)[0])}" for suite in scores.accuracy)
    line = f"{number}/{total} {scores.arm.name}: {', '.join(means)}"
    if scores.stopped is not None:
        line += f"; stopped at step {scores.stopped.step:,}: {scores.stopped.reason}"
    say(line)


def print_comparison(results: Sequence[ArmResult], seeds: int) -> None:
    """One row per combination, and which is the best on the development suites."""
    suites = _suites(results)
    columns: dict[str, JustifyMethod] = {"combination": "left", "steps": "right", "tokens": "right"}
    for suite in suites:
        columns[suite] = "right"
    columns["seconds"] = "right"
    has_stopped = any(scores.stopped is not None for scores in results)
    if has_stopped:
        columns["stopped at"] = "left"
    title = f"accuracy@1 (%), mean ± standard deviation of {seeds} seeds"
    table = new_table(title, columns)
    for scores in results:
        cells = [_spread(scores, suite) for suite in suites]
        cells.append(f"{scores.seconds:,.0f}")
        if has_stopped:
            cells.append(_where_stopped(scores))
        add_row(table, scores.arm.name, f"{scores.steps:,}", f"{scores.tokens:,}", *cells)
    console.print(table)
    _print_best(results)


def _print_best(results: Sequence[ArmResult]) -> None:
    """The best combination, and which others may be as good."""
    decision = best_arm(results)
    if decision is None:
        say(
            "These are the suites of the gate. Choose by other text: name a corpus or a file with "
            "--develop."
        )
        return
    best, behind = decision
    say(f"best on the development text: {best.name}")
    for name, result in behind.items():
        shown = "worse" if result.p < ALPHA else "not shown to be worse"
        points = f"{100 * result.gap:.1f} points behind"
        say(f"  {name}: {points}, {shown} (adjusted p = {result.p:.2g})")


def _where_stopped(scores: ArmResult) -> str:
    if scores.stopped is None:
        return ""
    return f"step {scores.stopped.step:,}: {scores.stopped.reason}"


def comparison_as_json(
    results: Sequence[ArmResult], development: Development | None
) -> dict[str, Any]:
    """The table for other programs; accuracy is from 0 to 1."""
    combinations = []
    for scores in results:
        accuracy = {}
        for suite, values in scores.accuracy.items():
            mean, deviation = scores.spread(suite)
            accuracy[suite] = {"mean": mean, "deviation": deviation, "seeds": values}
        stopped = None if scores.stopped is None else scores.stopped._asdict()
        combinations.append(
            {
                "name": scores.arm.name,
                "overrides": list(scores.arm.overrides),
                "steps": scores.steps,
                "tokens": scores.tokens,
                "seconds": scores.seconds,
                "accuracy": accuracy,
                "stopped": stopped,
            }
        )
    decision = best_arm(results)
    best = None
    if decision is not None:
        behind = {name: {"gap": each.gap, "p": each.p} for name, each in decision[1].items()}
        best = {"name": decision[0].name, "behind": behind}
    suites = None if development is None else development._asdict()
    return {"development": suites, "combinations": combinations, "best": best}


def write_plot(results: Sequence[ArmResult], path: Path, *, says: bool = True) -> None:
    """The table as an SVG plot; `says` prints where it is.

    Raises:
        ConfigError: if the file cannot be written.
    """
    from alignment.report.plots import comparison  # loads Matplotlib

    accuracy = {scores.arm.name: scores.accuracy for scores in results}
    hint = "Give --plot a file in a directory that exists; the combinations are reused."
    with writing_file(path, "plot", hint):
        path.write_text(comparison(accuracy, _suites(results)), encoding="utf-8")
    if says:
        say(f"plot: {path}")


def _suites(results: Sequence[ArmResult]) -> list[str]:
    """Names of the suites, in the order of the results."""
    names: dict[str, None] = {}
    for scores in results:
        names.update(dict.fromkeys(scores.accuracy))
    return list(names)


def _spread(scores: ArmResult, suite: str) -> str:
    if suite not in scores.accuracy:
        return ""
    mean, deviation = scores.spread(suite)
    return f"{percent(mean)} ± {percent(deviation)}"
