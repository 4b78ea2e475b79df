"""The published versions of a model."""

from __future__ import annotations

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent
from alignment.registry import Registry
from alignment.registry.directory import Version

COLUMNS: dict[str, JustifyMethod] = {
    "version": "left",
    "state": "left",
    "created (UTC)": "left",
    "compared with": "left",
    "mean accuracy@1 (%)": "left",
}


def print_versions(registry: Registry) -> None:
    """One row per version, oldest first, with its state and mean accuracy by suite."""
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


def _state(registry: Registry, version: Version) -> str:
    champion = registry.champion()
    if champion is not None and champion.name == version.name:
        return "champion"
    return "rolled back" if registry.rolled_back(version) else ""


def _minute(timestamp: str) -> str:
    """`2026-01-31 02:00` of an ISO 8601 timestamp in UTC."""
    return timestamp[:16].replace("T", " ")


def _mean_accuracies(version: Version) -> str:
    means = version.mean_accuracy()
    return ", ".join(f"{suite} {percent(mean)}" for suite, mean in means.items())
