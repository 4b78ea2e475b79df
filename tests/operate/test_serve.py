"""`make serve` as an operator meets it: ports, children, schedules, alarms and log lines."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient

from flows.events import GATE_REJECTED
from tests.operate.alarms import Alarms
from tests.operate.processes import processes
from tests.operate.site import GOOD, START_SECONDS, Site, wait_for

pytestmark = pytest.mark.timeout(1800)
ALARM_SECONDS = 30


def serve_again(site: Site, port: str) -> subprocess.CompletedProcess[str]:
    """A second serve, which is expected to end at once."""
    return subprocess.run(
        [sys.executable, "-m", "flows.serve"],
        cwd=site.root,
        env={**site.environment(), "PORT": port},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def log_lines(site: Site, run: str) -> list[dict[str, Any]]:
    """What the page of a run shows under Logs, the oldest line first."""
    wanted = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "limit": 200}
    lines = site.request("POST", "logs/filter", wanted)
    assert isinstance(lines, list)
    return lines


def artifacts_of(site: Site, run: str) -> dict[str, str]:
    """The artifacts of a run by their keys."""
    artifacts = {}
    for artifact in site.request("POST", "artifacts/filter", {}):
        if artifact["flow_run_id"] == run:
            artifacts[artifact["key"]] = artifact["data"]
    return artifacts


def report_at(link: str) -> str:
    """The page behind a link in Markdown."""
    address = link.partition("](")[2].removesuffix(")")
    with urllib.request.urlopen(address, timeout=10) as page:
        text: str = page.read().decode()
    return text


@pytest.fixture
def second(tmp_path: Path, alarms: Alarms) -> Iterator[Site]:
    """Another project on the same machine."""
    other = Site(tmp_path / "second", alarms)
    other.prepare()
    try:
        yield other
    finally:
        other.stop()


@pytest.mark.operate("serve")
def test_a_second_server_on_the_port_is_refused(site: Site) -> None:
    done = serve_again(site, str(site.port))
    assert done.returncode == 1
    assert f"a Prefect server is running on 127.0.0.1:{site.port} already" in done.stderr
    assert len(site.running("worker")) == 1


@pytest.mark.operate("serve")
def test_a_port_that_something_else_has_is_refused(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve_again(site, str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr and "PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.operate("serve")
@pytest.mark.parametrize("port", ["x", "99999"])
def test_a_port_that_is_none_is_refused(site: Site, port: str) -> None:
    done = serve_again(site, port)
    assert done.returncode == 2
    assert f"PORT: got '{port}', expected a number up to 65535" in done.stderr


@pytest.mark.operate("serve")
def test_two_projects_on_one_machine(site: Site, second: Site) -> None:
    second.start()
    second.completes()
    assert len(site.running("worker")) == len(second.running("worker")) == 1
    assert site.registry.root != second.registry.root
    second.is_whole()


@pytest.mark.operate("serve")
def test_it_ends_with_its_children(second: Site) -> None:
    second.start()
    assert second.serving is not None
    second.serving.send_signal(signal.SIGTERM)
    assert second.serving.wait(60) == 0
    assert not any(processes(second.workspace).values())


@pytest.mark.operate("serve")
@pytest.mark.parametrize("kind", ["server", "worker"])
def test_a_killed_child_is_started_again(site: Site, kind: str) -> None:
    first = {process.pid for process in site.running(kind)}
    site.kill(kind)
    wait_for("another one", 120, lambda: {process.pid for process in site.running(kind)} - first)
    wait_for("its server", 120, site.answers)


@pytest.mark.operate("schedules")
def test_a_paused_schedule_stays_paused(site: Site) -> None:
    """Also if serve is killed: a start deploys everything anew."""
    nightly = site.deployment("nightly")
    (schedule,) = nightly["schedules"]
    client = SyncPrefectClient(api=site.api)
    for active in (True, False):
        client.update_deployment_schedule(nightly["id"], schedule["id"], active=active)
        client.pause_deployment(site.deployment("smoke")["id"])
        site.kill("serve")
        site.start()
        (schedule,) = site.deployment("nightly")["schedules"]
        assert schedule["slug"] == "nightly"
        assert site.deployment("smoke")["paused"]
    assert schedule["active"] is False


@pytest.mark.operate("events")
def test_a_rejected_run_is_an_alarm_and_a_report(site: Site) -> None:
    then = time.time()
    run = site.begin("train.steps=0", "gate.floor=1.0")
    state = site.final(run)
    assert state["name"] == "Rejected" and "nothing was deployed" in state["message"], state
    (heard,) = wait_for("an alarm", ALARM_SECONDS, lambda: site.alarms.since(then, GATE_REJECTED))
    assert "refused because of es" in heard.message
    artifacts = artifacts_of(site, run)
    assert artifacts["verdict"].startswith("# Rejected")
    assert [row["language"] for row in json.loads(artifacts["ledger"])] == ["Spanish"]
    assert "Rejected" in report_at(artifacts["report"])


@pytest.mark.operate("serve")
def test_the_link_of_an_earlier_run_opens_after_a_restart(site: Site) -> None:
    run = site.begin()
    assert site.final(run)["name"] in GOOD
    link = artifacts_of(site, run)["report"]
    before = report_at(link)
    site.kill("serve")
    site.start()
    assert report_at(link) == before


@pytest.mark.operate("events")
def test_a_failed_run_is_an_alarm(site: Site) -> None:
    then = time.time()
    state = site.final(site.begin("train.stepz=1"))
    assert state["type"] == "FAILED" and "'steps'" in state["message"], state
    wait_for("an alarm", ALARM_SECONDS, lambda: site.alarms.since(then, "prefect.flow-run.Failed"))


@pytest.mark.operate("logs")
def test_the_page_shows_the_lines_of_the_pipeline(site: Site) -> None:
    run = site.begin("train.learning_rate=5.0e-3")
    assert site.final(run)["name"] in GOOD
    text = "\n".join(line["message"] for line in log_lines(site, run))
    assert "train: started" in text and "publish: v" in text


@pytest.mark.operate("logs")
def test_a_mistake_is_one_line(site: Site) -> None:
    run = site.begin("train.stepz=1")
    site.final(run)
    errors = [line for line in log_lines(site, run) if line["level"] >= 40]
    assert not [line for line in errors if "Traceback" in line["message"]], errors
    assert len([line for line in errors if "'steps'" in line["message"]]) == 1, errors


@pytest.mark.operate("logs")
def test_a_rejection_has_no_traceback(site: Site) -> None:
    run = site.begin("train.steps=0", "gate.floor=1.0")
    assert site.final(run)["name"] == "Rejected"
    lines = log_lines(site, run)
    assert not [line for line in lines if "Traceback" in line["message"]]
