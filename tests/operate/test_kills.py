"""SIGKILL of every process, alone and together, at the start, in training and before publish."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import psutil
import pytest

from tests.operate.moments import MOMENTS, waiting_for
from tests.operate.site import GOOD, LOST_SECONDS, RUN_SECONDS, Site, wait_for

pytestmark = [pytest.mark.operate("kills"), pytest.mark.timeout(1800)]

VICTIMS = {
    "server": ("server",),
    "worker": ("worker",),
    "training": ("training",),
    "run": ("run", "training"),
    "serve": ("serve",),
    "worker and run": ("worker", "run", "training"),
    "everything": ("serve", "server", "worker", "run", "training"),
}
SURVIVED = ("server", "worker")
"""A run that has begun goes on without these."""
NUMBERS = itertools.count(1)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_kill(
    site: Site, victim: str, moment: str, record_property: Callable[[str, object], None]
) -> None:
    """The run ends, somebody hears of it if it did not finish, and the next one completes."""
    learning_rate = f"train.learning_rate={3.0e-3 + next(NUMBERS) * 1e-5:.5f}"
    wait = waiting_for(site, moment)
    then = time.time()
    run = site.begin(learning_rate)
    wait()
    site.kill(*VICTIMS[victim])
    if "serve" in VICTIMS[victim]:
        site.start()
    if "run" in VICTIMS[victim]:
        site.completes(learning_rate)  # the dead run blocks nothing, and is not waited for
        state = site.final(run, LOST_SECONDS)
    else:
        state = site.final(run, RUN_SECONDS + LOST_SECONDS)
        site.completes(learning_rate)
    record_property("the run became", state["name"])
    site.is_whole()
    if victim in SURVIVED and moment != "start":
        assert state["name"] in GOOD, state
    if state["type"] in ("CRASHED", "FAILED"):
        events = ("prefect.flow-run.Crashed", "prefect.flow-run.Failed", "alignment.run.lost")
        wait_for("an alarm", 30, lambda: site.alarms.since(then, *events))
    if (victim, moment) == ("training", "training"):
        assert state["type"] == "FAILED" and "killed by signal 9" in state["message"], state
    wait_for("the end of its processes", 30, lambda: not _left(site))


def _left(site: Site) -> list[psutil.Process]:
    return [*site.running("run"), *site.running("training")]
