"""The result of a run: accuracy by suite, the verdict, its artifacts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import JustifyMethod
from rich.text import Text

from alignment.cli.display.console import add_row, console, new_table, say, styled
from alignment.report.accuracy import AccuracyRow, accuracy_rows, percent, too_small_lines
from alignment.report.sections.onnx import left_out
from alignment.report.summary import Delivery, StageRecord, Summary

ACCURACY_COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "pairs": "right",
    "before": "right",
    "after": "right",
    "95%": "right",
    "gate": "left",
}
STAGE_COLUMNS: dict[str, JustifyMethod] = {
    "stage": "left",
    "language": "left",
    "key": "left",
    "seconds": "right",
    "rows": "right",
    "reused": "left",
}


def print_outcome(summary: Summary, directory: Path) -> None:
    """The accuracy tables, the verdict, and the path of the report in `directory`."""
    print_accuracy(summary)
    say(*_verdict(summary))
    for delivery in summary.deliveries:
        say(*_delivery(delivery, summary.run))
    say(f"Finished in {summary.seconds:.0f} s. Report: {directory / 'report.html'}")


def print_accuracy(summary: Summary) -> None:
    """The accuracy of every suite with the gate's decision by language."""
    for suite in summary.suites():
        _print_suite(summary, suite)
    _print_warnings(summary)


def print_stages(summary: Summary) -> None:
    """Every artifact of a run with its key."""
    table = new_table(f"{summary.name} {summary.run}", STAGE_COLUMNS)
    for stage in summary.stages:
        add_row(
            table,
            stage.stage,
            stage.label,
            stage.key[:12],
            f"{stage.seconds:.1f}",
            _row_count(stage),
            "reused" if stage.reused else "built",
        )
    console.print(table)


def main_count(counts: Mapping[str, object]) -> str | None:
    """The name of the count that says most about a stage's output."""
    for name in ("kept", "triplets", "pairs", "passed"):
        if name in counts:
            return name
    return None


def _row_count(stage: StageRecord) -> str:
    name = main_count(stage.counts)
    if name is None or name == "passed":  # the gate counts languages, not rows
        return ""
    return f"{stage.counts[name]:,}"


def _print_suite(summary: Summary, suite: str) -> None:
    table = new_table(f"accuracy@1, {suite} (%)", ACCURACY_COLUMNS)
    for row in accuracy_rows(summary, suite):
        label = f"{row.language} (control)" if row.control else row.language
        add_row(table, label, row.pairs, row.before, row.after, row.interval, _gate_cell(row))
    mean = summary.mean.get(suite)
    if mean is not None:
        table.add_section()
        add_row(table, "mean (trained)", "", percent(mean.before), percent(mean.after), "", "")
    console.print(table)


def _print_warnings(summary: Summary) -> None:
    """One line for each suite that is too small, and for each ONNX graph that is left out."""
    for line in too_small_lines(summary):
        say(("Too small", "yellow"), f": {line}")
    for sentence in left_out(summary):
        say(("Left out", "yellow"), f": {sentence}")


def _gate_cell(row: AccuracyRow) -> Text:
    if not row.passed:
        return styled(("refused", "red"), f": {row.reason}")
    if row.small:
        return styled(("pass", "green"), (f" (power {row.power})", "yellow"))
    return styled(("pass", "green"))


def _delivery(delivery: Delivery, run: str) -> list[str | tuple[str, str]]:
    """One line; what went wrong is in the log, and in the summary for `alignment show --json`."""
    if delivery.done:
        return [f"{delivery.target}: {delivery.message}"]
    command = (
        f"alignment mlflow push {run}" if delivery.target == "mlflow" else "alignment hub push"
    )
    first_line = delivery.message.partition("\n")[0]
    return [(f"{delivery.target}: not sent", "yellow"), f": {first_line}. Repeat: {command}"]


def _verdict(summary: Summary) -> list[str | tuple[str, str]]:
    if summary.verdict == "rejected":
        deployed = "nothing is deployed"
        if summary.champion:
            deployed = f"{summary.champion} stays deployed"
        return [("Rejected", "bold red"), f" against {summary.reference}: {deployed}."]
    if summary.waiting:
        waits = f" against {summary.reference}: {summary.version} waits for approval."
        return [("Approved", "bold green"), waits]
    state = "published but not deployed: it was rolled back earlier, or `deploy` is false"
    if summary.version == summary.champion:
        state = "deployed"
    verdict = f" against {summary.reference}: {summary.version} is {state}."
    return [("Approved", "bold green"), verdict]
