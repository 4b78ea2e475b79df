"""The result of `alignment compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.cli.options import writing_file
from alignment.pipeline.compare import ArmResult


def print_scores(scores: ArmResult, number: int, total: int) -> None:
    """One line for a combination that is done."""
    means = (f"{suite} {percent(scores.spread(suite)[0])}" for suite in scores.accuracy)
    say(f"{number}/{total} {scores.arm.name}: {', '.join(means)}")


def print_comparison(results: Sequence[ArmResult], seeds: int) -> None:
    """One row per combination: steps, tokens, and accuracy@1 on each suite."""
    suites = _suites(results)
    columns: dict[str, JustifyMethod] = {"combination": "left", "steps": "right", "tokens": "right"}
    for suite in suites:
        columns[suite] = "right"
    title = f"accuracy@1 (%), mean ± standard deviation of {seeds} seeds"
    table = new_table(title, columns)
    for scores in results:
        cells = [_spread(scores, suite) for suite in suites]
        add_row(table, scores.arm.name, f"{scores.steps:,}", f"{scores.tokens:,}", *cells)
    console.print(table)


def write_plot(results: Sequence[ArmResult], path: Path) -> None:
    """The table as an SVG plot.

    Raises:
        ConfigError: if the file cannot be written.
    """
    from alignment.report.plots import comparison  # loads Matplotlib

    accuracy = {scores.arm.name: scores.accuracy for scores in results}
    hint = "Give --plot a file in a directory that exists; the combinations are reused."
    with writing_file(path, "plot", hint):
        path.write_text(comparison(accuracy, _suites(results)), encoding="utf-8")
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
