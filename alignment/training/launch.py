"""Run the training process: report its progress and warnings, and raise what went wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from alignment import memory
from alignment.errors import AlignmentError, TrainingError
from alignment.training.job import (
    CHECKPOINTS,
    DISK_FULL,
    ERROR,
    JOB,
    LOG,
    OUT_OF_MEMORY,
    PEER_LOST,
    PROGRESS,
    WARNINGS,
    Job,
)
from alignment.training.jsonl import Follower, complete_lines
from alignment.training.messages import log_again, read_error
from alignment.training.resume import newest_checkpoint
from alignment.types import StepCallback, StepMetrics

POLL_SECONDS = 0.25
RANK_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
LOG_LINES = 3  # of the end of the log, in an error's hint


Launcher = Callable[[Job, StepCallback], None]
"""Trains, calls back after each step, and raises what went wrong: `launch`, or on a cluster."""


def launch(job: Job, on_step: StepCallback) -> None:
    """Train in a child process, call `on_step` after each step, and log the child's warnings.

    With `train.workers` above 1 the child starts as many processes, on this machine. A run that
    resumes reports the steps after its last checkpoint once more.

    Raises:
        AlignmentError: that of the training process, or a TrainingError if it ended otherwise.
    """
    path = job.scratch / JOB
    reports = Reports(job, on_step)
    module = "alignment.training" if job.train.workers == 1 else "alignment.training.agent"
    with (job.scratch / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
        )
        try:
            used = _follow(process, reports)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0:
        raise _failure(job, process.returncode, used)


def _environment() -> dict[str, str]:
    """That of this process without its own place in a distributed run, if it has one."""
    environment = {"MALLOC_ARENA_MAX": "2", **os.environ}
    for name in RANK_VARIABLES:
        environment.pop(name, None)
    return environment


class Reports:
    """What a training process writes for the one that waits: its warnings and its steps."""

    def __init__(self, job: Job, on_step: StepCallback) -> None:
        """Write the job, and forget what an earlier attempt left."""
        job.write(job.scratch / JOB)
        for name in (ERROR, WARNINGS):
            (job.scratch / name).unlink(missing_ok=True)
        self._warnings = Follower(job.scratch / WARNINGS)
        self._progress = Follower(job.scratch / PROGRESS)
        self._on_step = on_step

    def pass_on(self) -> None:
        """Log the warnings and report the steps that were written since the last call."""
        for line in self._warnings.new_lines():
            log_again(line)
        for line in self._progress.new_lines():
            self._on_step(StepMetrics.from_json(line))


def _follow(process: subprocess.Popen[bytes], reports: Reports) -> str:
    """Pass on what the process reports until it ends; returns what memory it used, and was free.

    What is free afterwards says nothing: the process has returned its own.
    """
    used = memory.described()
    while True:
        peak = memory.peak_of(process.pid)
        if peak is not None:
            used = memory.described(peak)
        ended = process.poll() is not None  # asked first, so that the last lines are read after it
        reports.pass_on()
        if ended:
            return used
        time.sleep(POLL_SECONDS)


def _failure(job: Job, code: int, used: str) -> AlignmentError:
    error = read_error(job.scratch / ERROR)
    if error is not None:
        return error
    log = job.scratch / LOG
    end = _end_of(log)
    hints = []
    if _ran_out_of_memory(code, end) or code == -signal.SIGSEGV:
        hints.append(
            "Lower train.batch_tokens or train.batch_size, set train.gradient_cache: true, "
            f"or free memory ({used})."
        )
        if not complete_lines(job.scratch / PROGRESS):
            hints.append(
                "Not one step was done: if this does not help, the model and its optimizer do not "
                "fit. Then set train.lora_rank, or choose a smaller encoder."
            )
    if code == -signal.SIGBUS:
        hints.append("Run `alignment store verify`: the next run builds what is damaged again.")
    if code == DISK_FULL:
        hints.append("Free some space and run again.")
    hints.append(next_run(resumes=newest_checkpoint(job.scratch / CHECKPOINTS) is not None))
    hints.append(f"The log ends with: {end}" if end else "The log is empty.")
    return TrainingError(_how_it_ended(job, code, end), where=str(log), hint=" ".join(hints))


def next_run(*, resumes: bool) -> str:
    """What the next run does with a training that has ended early, for hints."""
    if resumes:
        return "With the same settings, the next run resumes from the last checkpoint."
    return "There is no checkpoint yet: the next run trains from the first step."


def _ran_out_of_memory(code: int, end_of_log: str) -> bool:
    if code in (-signal.SIGKILL, OUT_OF_MEMORY):
        return True
    # C++ and Rust abort if an allocation fails.
    text = end_of_log.lower()
    return code == -signal.SIGABRT and ("memory allocation" in text or "bad_alloc" in text)


def _how_it_ended(job: Job, code: int, end_of_log: str) -> str:
    if code == DISK_FULL:
        return "the disk is full in train"
    if code == OUT_OF_MEMORY:
        return "out of memory in train"
    if code == -signal.SIGXFSZ:
        return "the training process exceeded the limit on the size of files (`ulimit -f`)"
    if _ran_out_of_memory(code, end_of_log):
        return (
            f"the training process was killed by signal {-code}, most likely because memory ran out"
        )
    if code == -signal.SIGSEGV:
        return (
            f"the training process was killed by signal {-code}: a library crashed, as some do "
            "when memory runs out"
        )
    if code == -signal.SIGBUS:
        return (
            f"the training process was killed by signal {-code}: a file that it maps, most likely "
            f"in {job.tokens}, was cut off, or its disk failed"
        )
    if code == PEER_LOST:
        return "the processes of the training lost each other, again and again"
    if code < 0:
        return f"the training process was killed by signal {-code}"
    return f"the training process exited with code {code}"


def _end_of(log: Path) -> str:
    if not log.is_file():
        return ""
    lines = log.read_text(errors="replace").strip().splitlines()
    return " | ".join(lines[-LOG_LINES:])
