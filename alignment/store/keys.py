"""The content address of an artifact, which is the name of its directory."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from alignment.types import Input

KEY = re.compile("[0-9a-f]{64}")


def artifact_key(
    stage: str, revision: int, config: Mapping[str, Any], digests: Mapping[str, str]
) -> str:
    """The content address: 64 hexadecimal digits."""
    canonical = json.dumps(
        [stage, revision, config, dict(digests)], sort_keys=True, default=str, ensure_ascii=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def canonical_config(config: Mapping[str, Any], seed: int | None) -> dict[str, Any]:
    """The configuration of an artifact as its manifest has it."""
    text = json.dumps({**config, "seed": seed}, sort_keys=True, default=str)
    values: dict[str, Any] = json.loads(text)
    return values


def input_digests(inputs: Mapping[str, Input]) -> dict[str, str]:
    """The digest of each input by its name."""
    return {name: entry.digest for name, entry in sorted(inputs.items())}
