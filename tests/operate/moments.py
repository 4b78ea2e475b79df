"""Waiting for a moment of a run, seen from outside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import psutil

from alignment.training.job import PROGRESS
from tests.operate.site import RUN_SECONDS, Site, wait_for

MOMENTS = ("start", "training", "publish")


def waiting_for(site: Site, moment: str) -> Callable[[], object]:
    """Waits for a moment of the run that begins after this call."""
    if moment == "start":
        old = set(site.running("run"))  # the process of the last run may take a moment to end
        return lambda: wait_for("the run", RUN_SECONDS, lambda: set(site.running("run")) - old)
    if moment == "training":
        return lambda: wait_for("training", RUN_SECONDS, lambda: _has_stepped(site))
    before = _verdicts(site)
    return lambda: wait_for("the gate", RUN_SECONDS, lambda: _verdicts(site) - before, 0.01)


def _has_stepped(site: Site) -> bool:
    """Whether a training process has done a step."""
    for process in site.running("training"):
        with contextlib.suppress(psutil.Error, OSError, IndexError):  # it begins, or it has ended
            job = Path(process.cmdline()[-1])
            if (job.parent / PROGRESS).stat().st_size:
                return True
    return False


def _verdicts(site: Site) -> set[str]:
    return {path.name for path in (site.workspace / "store" / "gate").glob("*")}
