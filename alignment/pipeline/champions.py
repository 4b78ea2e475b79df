"""The deployments of a registry with the accuracy of each version, for the summary of a run."""

from __future__ import annotations

from alignment.registry import Registry, Version
from alignment.registry.history import Move
from alignment.report.summary import Deployment
from alignment.types import combined_digest

SHOWN = 50
"""Deployments of the summary; a nightly run has a year of them otherwise."""


def last_deployments(registry: Registry) -> list[Deployment]:
    """The last `SHOWN` changes of the deployed version, oldest first.

    A version that is damaged or deleted is listed without its accuracy.
    """
    versions = {version.name: version for version in registry.versions()}
    moves = registry.history()[-SHOWN:]
    return [_deployment(move, versions.get(move["version"])) for move in moves]


def _deployment(move: Move, version: Version | None) -> Deployment:
    accuracy = version.mean_accuracy() if version else {}
    by_suite = version.manifest.get("accuracy", {}) if version else {}
    return Deployment(
        time=move["time"],
        action=move["action"],
        version=move["version"],
        previous=move["previous"],
        approved=version.approved if version else True,
        accuracy={suite: round(mean, 4) for suite, mean in accuracy.items()},
        languages={suite: len(languages) for suite, languages in by_suite.items()},
        suites=_digests(version) if version else {},
        by=move.get("by", ""),
        reason=move.get("reason", ""),
    )


def _digests(version: Version) -> dict[str, str]:
    """By suite, one digest of the pairs of all its languages; none if one of them is unknown."""
    stored = version.manifest.get("suites", {})
    by_suite = {}
    for suite, languages in version.manifest.get("accuracy", {}).items():
        digests = {code: stored.get(f"{code}/{suite}", "") for code in languages}
        if all(digests.values()):
            by_suite[suite] = combined_digest(digests)
    return by_suite
