"""A week of nightly runs in fast motion, with a random fault each night.

`OPERATE_SEED` repeats the faults of a week, `OPERATE_NIGHTS` (7) is its length and
`OPERATE_NIGHT_SECONDS` (30) the time between two scheduled runs.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.operate.alarms import Alarms
from tests.operate.site import RUN_SECONDS, SCALED, SLOW, Site, wait_for

NIGHTS = int(os.environ.get("OPERATE_NIGHTS", "7"))
SEED = int(os.environ.get("OPERATE_SEED", "1"))
NIGHT_SECONDS = int(float(os.environ.get("OPERATE_NIGHT_SECONDS", "30")) * SLOW)
STALLED_SECONDS = 4 * NIGHT_SECONDS
LONGEST_SILENCE = NIGHT_SECONDS + STALLED_SECONDS + 60
"""A night, the time after which its schedule counts as stalled, a look at it and a start."""


@pytest.fixture
def week(tmp_path: Path, alarms: Alarms) -> Iterator[Site]:
    """A project whose schedule starts a run each `NIGHT_SECONDS`."""
    settings = {**SCALED, "ALIGNMENT_STALLED_HOURS": str(STALLED_SECONDS / 3600)}
    with Site(tmp_path / "project", alarms, settings, NIGHT_SECONDS).operating() as site:
        yield site


def nothing(site: Site, rng: random.Random) -> None:
    """A good night."""


def kill(*kinds: str) -> Callable[[Site, random.Random], None]:
    """SIGKILL of these processes."""

    def disturb(site: Site, rng: random.Random) -> None:
        site.kill(*kinds)
        if "serve" in kinds:
            site.start()

    disturb.__doc__ = f"SIGKILL of {', '.join(kinds)}."
    return disturb


def hang(site: Site, rng: random.Random) -> None:
    """The server hangs for a while."""
    site.signal("server", signal.SIGSTOP)
    time.sleep(rng.uniform(5, NIGHT_SECONDS))
    site.signal("server", signal.SIGCONT)


def leave_pending(site: Site, rng: random.Random) -> None:
    """A run that no worker ever starts."""
    path = f"deployments/{site.deployment('nightly')['id']}/create_flow_run"
    scheduled = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2100-01-01T00:00:00Z"}}
    run = site.request("POST", path, {"state": scheduled})["id"]
    site.set_state(run, "PENDING")


def end_the_worker(site: Site, rng: random.Random) -> None:
    """A supervisor or an operator ends the worker."""
    site.signal("worker", signal.SIGTERM)


EVERYTHING = ("serve", "server", "worker", "run", "training")
FAULTS = [
    nothing,
    kill("server"),
    kill("worker"),
    kill("run", "training"),
    kill("serve"),
    kill(*EVERYTHING),
    hang,
    leave_pending,
    end_the_worker,
]


@pytest.mark.operate("schedules")
@pytest.mark.timeout(3600)
def test_no_schedule_ever_stops_without_an_alarm(
    week: Site, record_property: Callable[[str, object], None]
) -> None:
    """The champion is whole after each night, and after the last fault a run completes."""
    rng = random.Random(SEED)
    began = time.time()
    for night in range(1, NIGHTS + 1):
        dawn = time.time() + NIGHT_SECONDS
        fault = rng.choice(FAULTS)
        time.sleep(rng.uniform(0, NIGHT_SECONDS))
        record_property(f"night {night}", fault.__doc__)
        fault(week, rng)
        week.is_whole()
        time.sleep(max(0.0, dawn - time.time()))
    last_fault = time.time()
    limit = LONGEST_SILENCE + RUN_SECONDS
    wait_for("a run after the week", limit, lambda: week.verdicts(since=last_fault))
    week.is_whole()
    verdicts = week.verdicts(since=began)
    signs = sorted([*verdicts, *(alarm.time for alarm in week.alarms.since(began))])
    gaps = [later - earlier for earlier, later in zip([began, *signs], signs, strict=False)]
    record_property("week", f"{len(verdicts)} verdicts, longest silence {max(gaps):.0f} s")
    assert max(gaps) < LONGEST_SILENCE
