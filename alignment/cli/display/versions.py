"""The published versions of a model."""

from __future__ import annotations

import re
from collections.abc import Collection

from rich.console import JustifyMethod

from alignment.cli.display.console import Piece, add_row, console, new_table, percent, say
from alignment.errors import Corrupt
from alignment.registry import Registry, Version
from alignment.registry.aliases import Aliases
from alignment.registry.approval import declined_lines
from alignment.registry.cleanup import Plan
from alignment.registry.compare import Comparison, ScoreChange
from alignment.registry.history import override_lines

DIGEST = re.compile(r"[0-9a-f]{40,64}")
COLUMNS: dict[str, JustifyMethod] = {
    "version": "left",
    "state": "left",
    "created (UTC)": "left",
    "compared with": "left",
    "mean accuracy@1 (%)": "left",
}


def print_versions(registry: Registry) -> None:
    """One row per version, oldest first, with its state and mean accuracy by suite.

    What is wrong with the deployed version is said below the table; other damage is logged.
    """
    table = new_table(registry.name, COLUMNS)
    aliases = registry.aliases()
    withdrawn = registry.deployments().withdrawn
    for version in registry.versions():
        manifest = version.manifest
        add_row(
            table,
            version.name,
            _state(version, aliases, withdrawn),
            _minute(str(manifest.get("created", ""))),
            str(manifest.get("reference", "")),
            _mean_accuracies(version),
        )
    console.print(table)
    for line in override_lines(registry.history()):
        say(("Gate overridden", "yellow"), f" for {line}")
    for line in declined_lines(registry):
        say(("Declined", "yellow"), f": {line}")
    try:
        registry.champion()
    except Corrupt as error:
        say(("The champion is damaged. ", "bold red"), str(error))


def _state(version: Version, aliases: Aliases, withdrawn: Collection[str]) -> str:
    state = aliases.of(version.name)
    if aliases.champion != version.name and version.name in withdrawn:
        state.append("rolled back")
    return ", ".join(state)


def print_comparison(comparison: Comparison) -> None:
    """What differs between two versions: a table of changes, and one of scores."""
    a = comparison.a
    b = comparison.b
    if not comparison.changes:
        say(f"{a} and {b} do not differ.")
    else:
        columns: dict[str, JustifyMethod] = {"what": "left", "key": "left", a: "left", b: "left"}
        table = new_table(f"{a} and {b}", columns)
        for change in comparison.changes:
            add_row(table, change.section, change.key, _value(change.a), _value(change.b))
        console.print(table)
    if not comparison.scores:
        return
    columns = {"suite": "left", "language": "left", a: "right", b: "right", "change": "left"}
    table = new_table("Mean accuracy@1 (%)", columns)
    for score in comparison.scores:
        row = (_score(score.a), _score(score.b), _difference(score))
        add_row(table, score.suite, score.language, *row)
    console.print(table)


def print_plan(plan: Plan, model: str, *, deleted: bool) -> None:
    """What happens to each version, and how much becomes free."""
    columns: dict[str, JustifyMethod] = {"version": "left", "MB": "right", "": "left"}
    table = new_table(model, columns)
    verb = "deleted" if deleted else "would be deleted"
    for decision in plan.decisions:
        version = decision.version
        fate = f"kept: {decision.kept}" if decision.kept else verb
        add_row(table, version.name, f"{version.size / 1e6:,.1f}", fate)
    for left in plan.unfinished:
        add_row(table, left.name, f"{left.bytes / 1e6:,.1f}", f"unfinished upload, {verb}")
    console.print(table)
    say(f"{len(plan.leaving)} versions {verb}, {plan.bytes / 1e6:,.1f} MB.")
    if plan.leaving and not deleted:
        say("Add --delete to delete them.")


def _value(value: object) -> str:
    """Digests are shortened: they are compared, not read."""
    if value is None:
        return "-"
    text = str(value)
    return text[:12] if DIGEST.fullmatch(text) else text


def _score(accuracy: float | None) -> str:
    return "-" if accuracy is None else percent(accuracy)


def _difference(score: ScoreChange) -> Piece:
    if score.same_suite is False:
        return "other pairs"
    if score.difference is None:
        return ""
    points = f"{100 * score.difference:+.1f}"
    if score.same_suite is None:
        return f"{points} (perhaps on other pairs)"
    if score.difference == 0:
        return points
    return (points, "green" if score.difference > 0 else "red")


def _minute(timestamp: str) -> str:
    """`2026-01-31 02:00` of an ISO 8601 timestamp in UTC."""
    return timestamp[:16].replace("T", " ")


def _mean_accuracies(version: Version) -> str:
    means = version.mean_accuracy()
    return ", ".join(f"{suite} {percent(mean)}" for suite, mean in means.items())
