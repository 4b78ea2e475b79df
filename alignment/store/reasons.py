"""Why an artifact was built instead of being reused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def rebuild_reasons(
    previous: Mapping[str, Any] | None,
    revision: int,
    config: Mapping[str, Any],
    digests: Mapping[str, str],
) -> list[str]:
    """What differs from the previous artifact's manifest; `previous` is None if there is none."""
    if previous is None:
        return ["first time"]
    try:
        return _changes(previous, revision, config, digests)
    except (KeyError, TypeError, AttributeError):
        # An older release wrote another manifest. The reasons are for people only.
        return ["the previous manifest cannot be compared"]


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """`clean.max_chars: 600 -> 500`, one line per changed leaf of two JSON values."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before == after:
            return []
        return [f"{path}: {json.dumps(before)} -> {json.dumps(after)}"]
    lines = []
    for key in sorted({*before, *after}):
        lines += differences(before.get(key), after.get(key), f"{path}.{key}".strip("."))
    return lines


def _changes(
    previous: Mapping[str, Any],
    revision: int,
    config: Mapping[str, Any],
    digests: Mapping[str, str],
) -> list[str]:
    reasons = []
    if previous["revision"] != revision:
        reasons.append(f"revision {previous['revision']} -> {revision}")
    for change in differences(previous["config"], config):
        reasons.append(f"configuration {change}")
    previous_digests = {name: entry["digest"] for name, entry in previous["inputs"].items()}
    reasons += _input_changes(previous_digests, digests)
    return reasons or ["the artifact was missing"]


def _input_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    changes = []
    for name in sorted({*before, *after}):
        if name not in before:
            changes.append(f"input {name} is new")
        elif name not in after:
            changes.append(f"input {name} is gone")
        elif before[name] != after[name]:
            changes.append(f"input {name} changed")
    return changes
