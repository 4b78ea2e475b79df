"""Start the training process, watch its progress, and turn what went wrong into our errors."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

from alignment import errors
from alignment.errors import AlignmentError, TrainingError
from alignment.training.job import ERROR, LOG, PROGRESS, Job
from alignment.types import StepCallback, StepMetrics

POLL_SECONDS = 0.25
WARNING = "WARNING:alignment."  # so begin our own warnings in the log
Watch = StepCallback
logger = logging.getLogger(__name__)


def launch(job: Job, watch: Watch) -> None:
    """Run the job in a process of its own, call `watch` with each step's figures, and pass on what it warns of.

    Raises:
        TrainingError: if the process failed, with the reason that it gave or the end of its log.
    """
    path = job.scratch / "job.json"
    job.write(path)
    (job.scratch / ERROR).unlink(missing_ok=True)
    with (job.scratch / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "alignment.training", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"MALLOC_ARENA_MAX": "2", **os.environ},
        )
        try:
            _watch(process, job, watch)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0:
        raise _failure(job, process.returncode)


def _watch(process: subprocess.Popen[bytes], job: Job, watch: Watch) -> None:
    seen = warned = 0
    while True:
        done = process.poll() is not None
        log = _lines(job.scratch / LOG)
        for line in log[warned:]:
            if line.startswith(WARNING):
                logger.warning("%s", line.split(":", 2)[2])
        warned = len(log)
        lines = _lines(job.scratch / PROGRESS)
        seen = min(seen, len(lines))  # a resumed run forgets the steps after its checkpoint
        for line in lines[seen:]:
            watch(StepMetrics(**json.loads(line)))
        seen = len(lines)
        if done:
            return
        time.sleep(POLL_SECONDS)


def _lines(path: Path) -> list[str]:
    """The whole lines of a file that may still be written."""
    return path.read_text(errors="replace").split("\n")[:-1] if path.is_file() else []


def _failure(job: Job, code: int) -> AlignmentError:
    described = job.scratch / ERROR
    if described.is_file():
        given = json.loads(described.read_text())
        kind = getattr(errors, given["type"], TrainingError)
        error: AlignmentError = kind(given["message"], where=given["where"], hint=given["hint"])
        return error
    log = job.scratch / LOG
    tail = log.read_text(errors="replace").strip().splitlines()[-3:]
    if code < 0:
        what = f"the training process was ended by signal {-code}"
        what += " (the system kills a process that takes too much memory so)" if code == -9 else ""
    else:
        what = f"the training process ended with code {code}"
    hint = "Run again: training goes on from its last checkpoint. Its log ends with: " + " | ".join(
        tail
    )
    return TrainingError(what, where=str(log), hint=hint)
