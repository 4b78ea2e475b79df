"""Where an interrupted training goes on; without torch, for the process that waits.

A checkpoint may be on disk for hours before it is read, so its checksums are verified first.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from alignment.files import file_digest, write_json
from alignment.text import parse_json
from alignment.training.job import PROGRESS

DIGESTS = "digests.json"
_STATE = "trainer_state.json"
_OF_PROCESSES = "rng_state_"
"""Written by each process of a distributed training, perhaps later."""


def newest_checkpoint(directory: Path) -> Path | None:
    """The newest whole checkpoint. Those that are half-written or damaged are deleted."""
    paths = sorted(directory.glob("checkpoint-*"), key=step_of, reverse=True)
    for path in paths:
        if _is_whole(path):
            return path
        shutil.rmtree(path)
    return None


def record_digests(checkpoint: Path) -> None:
    """Write what the files of a finished checkpoint, and the progress so far, must be."""
    files = {}
    for path in sorted(checkpoint.iterdir()):
        if path.is_file() and not path.name.startswith(_OF_PROCESSES):
            files[path.name] = file_digest(path)
    progress = checkpoint.parent.parent / PROGRESS
    content = progress.read_bytes() if progress.is_file() else b""
    digest = hashlib.sha256(content).hexdigest()
    entry = {"bytes": len(content), "sha256": digest}
    write_json(checkpoint / DIGESTS, {"files": files, "progress": entry})


def step_of(checkpoint: Path) -> int:
    """Steps that were done when the checkpoint was written; -1 for another directory."""
    number = checkpoint.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def _is_whole(checkpoint: Path) -> bool:
    """Without digests the process was killed right after the checkpoint, or is an older one."""
    try:
        parse_json((checkpoint / _STATE).read_bytes())
        if not (checkpoint / DIGESTS).is_file():
            return True
        recorded = parse_json((checkpoint / DIGESTS).read_bytes())
        return _matches(checkpoint, recorded)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False


def _matches(checkpoint: Path, recorded: dict[str, Any]) -> bool:
    for name, digest in recorded["files"].items():
        if file_digest(checkpoint / name) != digest:
            return False
    entry = recorded["progress"]
    progress = checkpoint.parent.parent / PROGRESS
    content = progress.read_bytes() if progress.is_file() else b""
    start = content[: entry["bytes"]]
    return bool(hashlib.sha256(start).hexdigest() == entry["sha256"])
