"""Runs of which the server believes that they live."""

from __future__ import annotations

import time

import pytest

from tests.operate.moments import waiting_for
from tests.operate.site import LOST_SECONDS, RUN_SECONDS, Site, wait_for

pytestmark = pytest.mark.timeout(1800)
FAR_AWAY = "2100-01-01T00:00:00+00:00"


@pytest.mark.operate("cancel")
def test_a_cancel_in_training(site: Site) -> None:
    """Its processes are gone within seconds, and nothing is half-written."""
    wait = waiting_for(site, "training")
    run = site.begin("train.steps=20000", "train.learning_rate=1.0e-3")
    wait()
    site.set_state(run, "CANCELLING")
    state = site.final(run, 60)
    assert state["type"] == "CANCELLED", state
    wait_for("its end", 15, lambda: not site.running("run") and not site.running("training"))
    site.is_whole()
    site.completes("train.learning_rate=1.0e-3")


@pytest.mark.operate("cancel")
def test_a_cancel_that_no_worker_hears(site: Site) -> None:
    """The worker that started the run has died, and the next one does not know it."""
    wait = waiting_for(site, "training")
    run = site.begin("train.steps=20000", "train.learning_rate=0.9e-3")
    wait()
    site.kill("worker")
    wait_for("another worker", 120, lambda: site.running("worker"))
    assert site.running("run"), "the run ended with its worker"
    site.set_state(run, "CANCELLING")
    state = site.final(run, 120)
    assert state["type"] == "CANCELLED", state
    wait_for("its end", 60, lambda: not site.running("run") and not site.running("training"))
    assert site.state(run)["type"] == "CANCELLED", "its end changed the state"
    site.is_whole()


@pytest.mark.operate("cancel")
def test_a_cancel_of_a_dead_run(site: Site) -> None:
    """It stayed Cancelling for ever."""
    wait = waiting_for(site, "training")
    run = site.begin("train.steps=20000", "train.learning_rate=1.1e-3")
    wait()
    site.kill("serve", "server", "worker", "run", "training")
    site.start()
    if site.state(run)["type"] == "RUNNING":
        site.set_state(run, "CANCELLING")
    assert site.final(run, LOST_SECONDS)["type"] == "CANCELLED"
    site.completes("train.learning_rate=1.1e-3")


@pytest.mark.operate("cancel")
def test_a_cancel_before_the_start(site: Site) -> None:
    path = f"deployments/{site.deployment('retrain')['id']}/create_flow_run"
    body = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": FAR_AWAY}}}
    run = site.request("POST", path, body)["id"]
    site.set_state(run, "CANCELLED")
    assert site.final(run, 10)["type"] == "CANCELLED"


@pytest.mark.operate("cancel")
def test_the_run_that_a_cancel_made_room_for(site: Site) -> None:
    """A run that is asked for while another is being cancelled runs, or says why it does not."""
    wait = waiting_for(site, "training")
    first = site.begin("train.steps=20000", "train.learning_rate=1.2e-3")
    wait()
    second = site.begin("train.steps=20000", "train.learning_rate=1.2e-3")
    state = site.final(second)
    assert state["name"] == "Skipped" and "another run" in state["message"], state
    site.set_state(first, "CANCELLING")
    assert site.final(first, 60)["type"] == "CANCELLED"


@pytest.mark.operate("schedules")
def test_a_run_that_stays_pending(site: Site) -> None:
    """Of a worker that died between taking it and starting it."""
    then = time.time()
    path = f"deployments/{site.deployment('retrain')['id']}/create_flow_run"
    body = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": FAR_AWAY}}}
    run = site.request("POST", path, body)["id"]
    site.set_state(run, "PENDING")
    site.completes("train.learning_rate=1.3e-3")
    state = site.final(run, 2 * LOST_SECONDS)
    assert state["type"] == "CRASHED" and "no sign of life" in state["message"], state
    wait_for("an alarm", 30, lambda: site.alarms.since(then, "alignment.run.lost"))


@pytest.mark.operate("schedules")
def test_a_living_run_is_left_alone(site: Site) -> None:
    """Longer than the silence after which a run counts as dead."""
    wait = waiting_for(site, "training")
    run = site.begin("train.steps=100000", "train.learning_rate=1.4e-3")
    wait()
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert site.state(run)["type"] == "RUNNING"
        time.sleep(5)
    site.set_state(run, "CANCELLING")
    site.final(run, RUN_SECONDS)
