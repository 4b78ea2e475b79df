"""The published versions of a model."""

from __future__ import annotations

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.errors import Corrupt
from alignment.registry import Registry, Version
from alignment.registry.history import override_lines
from alignment.registry.link import linked_version

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
    for version in registry.versions():
        manifest = version.manifest
        add_row(
            table,
            version.name,
            _state(registry, version),
            _minute(str(manifest.get("created", ""))),
            str(manifest.get("reference", "")),
            _mean_accuracies(version),
        )
    console.print(table)
    for line in override_lines(registry.history()):
        say(("Gate overridden", "yellow"), f" for {line}")
    try:
        registry.champion()
    except Corrupt as error:
        say(("The champion is damaged. ", "bold red"), str(error))


def _state(registry: Registry, version: Version) -> str:
    if linked_version(registry.root) == version.name:
        return "champion"
    return "rolled back" if registry.rolled_back(version) else ""


def _minute(timestamp: str) -> str:
    """`2026-01-31 02:00` of an ISO 8601 timestamp in UTC."""
    return timestamp[:16].replace("T", " ")


def _mean_accuracies(version: Version) -> str:
    means = version.mean_accuracy()
    return ", ".join(f"{suite} {percent(mean)}" for suite, mean in means.items())
