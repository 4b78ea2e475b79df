"""Approval, and the deployments besides retrain, by a real server and worker."""

from __future__ import annotations

import datetime
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import IntervalSchedule

from alignment.pipeline.workspace import Workspace
from alignment.registry import declined
from flows.automations import RETRAIN, install_retrain_on_update
from flows.events import CHAMPION_DEGRADED, CORPUS_UPDATED, emit
from flows.scheduled import MARGIN, cancel_late_runs, deadline_of
from flows.watch import Watch
from tests.champions import deploy_base
from tests.encoders import publish_contents
from tests.flows.servers import (
    end_of,
    free_port,
    post,
    serving,
    start,
    state_of,
    wait_for,
)

pytestmark = [pytest.mark.timeout(1800), pytest.mark.server, pytest.mark.slow]
MANUAL = ["gate.approval=manual"]
SMOKE = "configs/smoke.yaml"
YES = {"decision": "approve", "approved_by": "ana", "reason": "reads well"}
NO = {"decision": "reject", "approved_by": "ben", "reason": "reads badly"}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def api(environment: dict[str, str], port: int) -> Iterator[str]:
    with serving(environment, port):
        yield f"http://127.0.0.1:{port}/api"


@pytest.fixture
def place(environment: dict[str, str], finished: Path, request: pytest.FixtureRequest) -> Workspace:
    """A workspace of a finished run, in which nothing is published."""
    path = Path(environment["ALIGNMENT_WORKSPACE"]) / str(request.node.name)
    shutil.copytree(finished, path, symlinks=True)
    shutil.rmtree(path / "registry")
    return Workspace(path)


def ask(api: str, place: Workspace, *overrides: str) -> str:
    """A run that is suspended, because `v1` waits."""
    run = start(api, "smoke", workspace=str(place.root), overrides=[*MANUAL, *overrides])
    state = end_of(api, run)
    assert (state["type"], state["name"]) == ("PAUSED", "Suspended"), state
    assert place.registry("smoke").champion() is None
    assert place.registry("smoke").aliases().challenger == "v1"
    return run


def resume(api: str, run: str, answer: dict[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = post(f"{api}/flow_runs/{run}/resume", {"run_input": answer})
    return result


def after(api: str, run: str) -> dict[str, Any]:
    """The final state after a resume."""

    def ended() -> dict[str, Any] | None:
        state = state_of(api, run)
        return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED") else None

    state: dict[str, Any] = wait_for("the end", 400, ended)
    return state


def test_an_approval(api: str, place: Workspace) -> None:
    run = ask(api, place)
    for wrong in ({}, {**YES, "approved_by": " "}, {**YES, "decision": "perhaps"}):
        assert resume(api, run, wrong)["status"] == "REJECT", wrong
    other = start(api, "smoke", workspace=str(place.root), overrides=MANUAL)
    state = end_of(api, other)
    assert state["name"] == "Waiting" and "waits for approval already" in state["message"]

    assert resume(api, run, YES)["status"] == "ACCEPT"
    state = after(api, run)
    assert state["type"] == "COMPLETED"
    assert state["message"] == "v1 is deployed, approved by ana: reads well"
    (move,) = place.registry("smoke").history()
    assert (move["version"], move["by"], move["reason"]) == ("v1", "ana", "reads well")
    assert list((place.root / "approvals").iterdir()) == []


def test_a_rejection_by_a_person(api: str, place: Workspace) -> None:
    run = ask(api, place)
    resume(api, run, NO)
    state = after(api, run)
    assert (state["type"], state["name"]) == ("FAILED", "Rejected")
    assert "v1 was declined by ben: reads badly" in state["message"]
    assert declined(place.registry("smoke"), "v1") is not None
    assert place.registry("smoke").champion() is None
    again = start(api, "smoke", workspace=str(place.root), overrides=MANUAL)
    assert end_of(api, again)["type"] == "COMPLETED", "somebody was asked again"


def test_another_promotion_in_the_meantime(api: str, place: Workspace) -> None:
    run = ask(api, place)
    publish_contents(place.registry("smoke"), "other")
    resume(api, run, YES)
    state = after(api, run)
    assert (state["type"], state["name"]) == ("FAILED", "Outdated")
    assert "v2 is deployed now" in state["message"]
    champion = place.registry("smoke").champion()
    assert champion is not None and champion.name == "v2"


def test_nobody_answers(api: str, place: Workspace) -> None:
    run = ask(api, place, "gate.approval_timeout=0.0001")
    with SyncPrefectClient(api=api) as client:
        flow_run = client.read_flow_run(run)  # type: ignore[arg-type]
        deadline = deadline_of(flow_run)
        assert deadline is not None and flow_run.state is not None
        timeout = flow_run.state.state_details.pause_timeout
        assert timeout is not None and deadline == timeout - MARGIN
        Watch(client).look()
    state = wait_for("the end", 60, lambda: _final(api, run))
    assert (state["type"], state["name"]) == ("FAILED", "Expired")
    assert "nobody approved it before" in state["message"]
    assert place.registry("smoke").champion() is None


def _final(api: str, run: str) -> dict[str, Any] | None:
    state = state_of(api, run)
    return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED") else None


def test_promote_and_rollback(api: str, place: Workspace) -> None:
    registry = place.registry("smoke")
    publish_contents(registry, "a")
    publish_contents(registry, "b", deploy=False)
    common = {"config": SMOKE, "workspace": str(place.root), "by": "ana", "reason": "good"}
    with place.exclusive("smoke"):
        skipped = end_of(api, start(api, "promote", version="challenger", **common))
    assert (skipped["type"], skipped["name"]) == ("COMPLETED", "Skipped")
    assert "nothing was changed" in skipped["message"]

    state = end_of(api, start(api, "promote", version="challenger", **common))
    assert state["message"] == "v2 is the champion of smoke, decided by ana: good"
    back = {**common, "by": "ben", "reason": "slow"}
    state = end_of(api, start(api, "rollback", **back))
    assert state["message"] == "v1 is the champion of smoke, decided by ben: slow"
    signed = [(move["action"], move.get("by")) for move in registry.history()[1:]]
    assert signed == [("promote", "ana"), ("rollback", "ben")]
    refused = end_of(api, start(api, "rollback", to="v7", **common))
    assert refused["type"] == "FAILED" and "v7 is not an earlier deployment" in refused["message"]


def test_the_champion_is_measured(api: str, place: Workspace, finished: Path) -> None:
    shutil.copytree(finished / "registry", place.root / "registry", symlinks=True)
    run = start(api, "evaluate-champion", config=SMOKE, workspace=str(place.root))
    state = end_of(api, run)
    assert state["type"] == "COMPLETED" and "as good as when it was published" in state["message"]
    artifacts = post(f"{api}/artifacts/filter", {})
    assert any(entry["key"] == "champion" and entry["flow_run_id"] == run for entry in artifacts)


def test_a_fallen_champion_is_an_event(api: str, place: Workspace, finished: Path) -> None:
    shutil.copytree(finished / "registry", place.root / "registry", symlinks=True)
    deploy_base(place)
    run = start(api, "evaluate-champion", config=SMOKE, workspace=str(place.root))
    state = end_of(api, run)
    assert (state["type"], state["name"]) == ("FAILED", "Degraded")
    assert "v2 of smoke has fallen in Spanish, Japanese, Russian since" in state["message"]
    asked = {"filter": {"event": {"name": [CHAMPION_DEGRADED]}}, "limit": 1}
    # The server stores events a few seconds after it has received them.
    url = f"{api}/events/filter"
    (event,) = wait_for("the event", 60, lambda: post(url, asked)["events"])
    assert event["payload"]["languages"] == ["es", "ja", "ru"]
    champion = place.registry("smoke").champion()
    assert champion is not None and champion.name == "v2", "something was deployed"


def test_a_dry_run(api: str, place: Workspace) -> None:
    run = start(api, "smoke", workspace=str(place.root), dry_run=True, reason="curious")
    state = end_of(api, run)
    assert (state["type"], state["name"]) == ("COMPLETED", "Planned")
    assert state["message"].startswith("Nothing was run. It would take ")
    artifacts = post(f"{api}/artifacts/filter", {})
    keys = {entry["key"] for entry in artifacts if entry["flow_run_id"] == run}
    assert keys == {"plan", "plan-languages"}
    assert not (place.root / "registry").exists()


@pytest.fixture
def idle(api: str) -> Iterator[UUID]:
    """A deployment of `align` that no worker looks at, with a run every two seconds."""
    schedule = IntervalSchedule(interval=datetime.timedelta(seconds=2))
    with SyncPrefectClient(api=api) as client:
        deployment = client.create_deployment(
            client.create_flow_from_name("align"),
            "idle",
            schedules=[DeploymentScheduleCreate(schedule=schedule, active=True)],
            enforce_parameter_schema=False,
        )
        yield deployment
        client.delete_deployment(deployment)


def test_of_the_late_runs_the_newest_is_left(api: str, idle: UUID) -> None:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=40)
    wanted = {"deployments": {"id": {"any_": [str(idle)]}}, "limit": 200}

    def due(*states: str) -> list[str]:
        runs = post(f"{api}/flow_runs/filter", wanted)
        times = []
        for run in runs:
            time = datetime.datetime.fromisoformat(run["expected_start_time"])
            if time < now and run["state_type"] in states:
                times.append(run["expected_start_time"])
        return sorted(times)

    wait_for("scheduled runs", 120, lambda: len(due("SCHEDULED")) > 2)
    with SyncPrefectClient(api=api) as client:
        assert cancel_late_runs(client, now) > 1
    everything = due("SCHEDULED", "CANCELLED")
    assert due("SCHEDULED") == everything[-1:]


def test_new_text_starts_a_run(api: str, idle: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"deployments": {"id": {"any_": [str(idle)]}}, "limit": 200}

    def started() -> list[dict[str, Any]]:
        runs = post(f"{api}/flow_runs/filter", wanted)
        return [run for run in runs if run["parameters"].get("reason")]

    with SyncPrefectClient(api=api) as client:
        monkeypatch.delenv(RETRAIN, raising=False)
        assert not install_retrain_on_update(client, idle)
        monkeypatch.setenv(RETRAIN, "1")
        assert install_retrain_on_update(client, idle)
        assert install_retrain_on_update(client, idle), "a second time"
        time.sleep(5)  # until the server has loaded it
        emit(client, CORPUS_UPDATED, "corpus.welsh", "welsh", {})
        (run,) = wait_for("the run", 60, started)
        assert run["parameters"]["reason"] == "the event corpus.updated"
        monkeypatch.setenv(RETRAIN, "0")
        assert not install_retrain_on_update(client, idle)
        assert not client.read_automations_by_name("alignment: retrain on corpus.updated")


def test_a_suspended_run_survives_a_power_cut(
    environment: dict[str, str], api: str, port: int, place: Workspace
) -> None:
    """The last test of the file: it kills the server that the others use."""
    run = ask(api, place)
    for process in psutil.process_iter(["environ"]):
        served = (process.info["environ"] or {}).get("PREFECT_API_URL") == api
        if served and process.pid != os.getpid():
            process.send_signal(signal.SIGKILL)
    parent = psutil.Process()
    for child in parent.children():
        if "flows.serve" in " ".join(child.cmdline()):
            child.send_signal(signal.SIGKILL)
            child.wait(20)
    with serving(environment, port):
        assert state_of(api, run)["name"] == "Suspended"
        assert resume(api, run, YES)["status"] == "ACCEPT"
        state = after(api, run)
        assert state["message"] == "v1 is deployed, approved by ana: reads well"
