"""A full disk under the workspace, and under the database of Prefect's server."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.operate.alarms import Alarms
from tests.operate.site import RUN_SECONDS, SCALED, Site, wait_for
from tests.soak.process import fill

pytestmark = [pytest.mark.operate("kills"), pytest.mark.timeout(1800)]

BYTES = 48 * 2**20
NIGHT_SECONDS = 60
HEARD_SECONDS = 400
"""A night, the time after which its schedule counts as stalled, and a look at it."""


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """Mount a disk of `BYTES` there, which needs root on Linux."""
    directory.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "none", str(directory)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root can mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=False)


@contextmanager
def filled(directory: Path) -> Iterator[None]:
    """Leave no room on the disk of this directory meanwhile."""
    ballast = directory / "ballast"
    try:
        fill(ballast)
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def full_site(tmp_path: Path, alarms: Alarms) -> Iterator[Site]:
    """A project with two small disks, and a schedule."""
    settings = {**SCALED, "ALIGNMENT_STALLED_HOURS": "0.02"}
    site = Site(tmp_path / "project", alarms, settings, NIGHT_SECONDS)
    site.prepare()
    with small_disk(site.workspace / "prefect"), small_disk(site.workspace / "store"):
        try:
            site.start()
            site.completes()
            yield site
        finally:
            site.stop()


def test_the_workspace_is_full(full_site: Site) -> None:
    """The run fails with a message, which is an alarm, and the next one continues."""
    site = full_site
    then = time.time()
    with filled(site.workspace / "store"):
        state = site.final(site.begin("train.learning_rate=4.0e-3"))
        assert state["type"] == "FAILED" and "disk is full" in state["message"], state
        wait_for("an alarm", 30, lambda: site.alarms.since(then, "prefect.flow-run.Failed"))
        site.is_whole()
    site.completes("train.learning_rate=4.0e-3")
    site.is_whole()


def test_the_database_is_full(full_site: Site) -> None:
    """No run is scheduled then: somebody hears of it, and it goes on when there is room."""
    site = full_site
    with filled(site.workspace / "prefect"):
        then = time.time()
        silent = ("alignment.server.away", "alignment.schedule.stalled", "alignment.serve.ended")
        wait_for("an alarm", HEARD_SECONDS, lambda: site.alarms.since(then, *silent))
        site.is_whole()
    if site.has_ended:
        site.start()
    wait_for("the server", 120, site.answers)
    then = time.time()
    wait_for("a scheduled run", RUN_SECONDS + 120, lambda: site.verdicts(since=then))
    site.is_whole()
