"""The server is away, hangs, or its disk is full, while a run is in training.

Limits and intervals are about a tenth of the defaults (`site.SCALED`), so `AWAY_SECONDS` stand for
ten minutes. `OPERATE_AWAY_SECONDS=600` tries these.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.operate.moments import waiting_for
from tests.operate.site import GOOD, LOST_SECONDS, RUN_SECONDS, Site, wait_for

pytestmark = [pytest.mark.operate("kills"), pytest.mark.timeout(1800)]

AWAY_SECONDS = float(os.environ.get("OPERATE_AWAY_SECONDS", "75"))
LONG = "train.steps=4000"
"""So that the training outlasts the beginning of the outage."""


@contextmanager
def nobody_restarts(site: Site) -> Iterator[None]:
    """Stop serve, so that it restarts nothing, and let it go on at the end."""
    site.signal("serve", signal.SIGSTOP)
    try:
        yield
    finally:
        site.signal("serve", signal.SIGCONT)


def test_the_server_is_away_and_comes_back(site: Site) -> None:
    """The run publishes without it, waits for it, and ends as if nothing had been."""
    before = site.registry.champion()
    wait = waiting_for(site, "training")
    run = site.begin(LONG, "train.learning_rate=2.0e-3")
    wait()
    with nobody_restarts(site):
        site.kill("server")
        time.sleep(AWAY_SECONDS)
        site.is_whole()
        assert site.running("run"), "the run ended with its server"
        assert site.running("worker"), "the worker ended with its server"
    state = site.final(run, RUN_SECONDS + LOST_SECONDS)
    assert state["name"] in GOOD, state
    after = site.registry.champion()
    assert after is not None and after != before
    artifacts = site.request("POST", "artifacts/filter", {})
    keys = {artifact["key"] for artifact in artifacts if artifact["flow_run_id"] == run}
    assert {"verdict", "accuracy", "ledger", "report"} <= keys
    site.completes("train.learning_rate=2.0e-3")


def test_a_server_that_hangs_is_an_alarm_and_is_restarted(site: Site) -> None:
    then = time.time()
    (hanging,) = site.running("server")
    hanging.send_signal(signal.SIGSTOP)
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{site.api}/health", timeout=1)
    wait_for("an alarm", 180, lambda: site.alarms.since(then, "alignment.server.away"))
    wait_for("a new server", 180, lambda: site.answers())
    assert not hanging.is_running()
    site.completes("train.learning_rate=2.1e-3")
    site.is_whole()


def test_a_server_that_cannot_start_is_given_up(site: Site) -> None:
    """Serve ends with an alarm and a message, and its children with it."""
    then = time.time()
    database = site.workspace / "prefect" / "prefect.db"
    aside = database.with_suffix(".aside")
    with nobody_restarts(site):
        site.kill("server")
        database.rename(aside)
        database.mkdir()  # SQLite cannot open it
    try:
        assert site.serving is not None
        wait_for("the end of serve", 300, lambda: site.has_ended)
        assert site.serving.returncode == 1
        wait_for("an alarm", 30, lambda: site.alarms.since(then, "alignment.serve.ended"))
        said = site.log.read_text(errors="replace")
        assert "the Prefect server ended 6 times" in said
        wait_for("the end of the worker", 60, lambda: not site.running("worker"))
    finally:
        database.rmdir()
        aside.rename(database)
        site.start()
    site.completes("train.learning_rate=2.2e-3")
