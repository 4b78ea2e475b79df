"""Where an interrupted training goes on; without torch, for the process that waits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path


def newest_checkpoint(directory: Path) -> Path | None:
    """The newest complete checkpoint. Those that a killed process left half-written are deleted."""
    paths = sorted(directory.glob("checkpoint-*"), key=step_of, reverse=True)
    for path in paths:
        try:
            json.loads((path / "trainer_state.json").read_text())
        except (OSError, ValueError):
            shutil.rmtree(path)
        else:
            return path
    return None


def step_of(checkpoint: Path) -> int:
    """Steps that were done when the checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])
