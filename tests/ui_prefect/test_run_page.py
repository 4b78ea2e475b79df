"""The page of a run: states, artifacts, report, progress, and the button that cancels."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.flows.servers import RUN_SECONDS, wait_for
from tests.ui_prefect import pages
from tests.ui_prefect.served import LONG, PAGE_SECONDS, Served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.ui
STOP_SECONDS = 60
DRAWN_MILLISECONDS = 5000
"""Until the time line of a run is drawn, on a canvas."""
CANCEL_SECONDS = 180
"""On an idle machine it takes six: the worker loads the flow, to look for hooks of it."""


@pytest.fixture(scope="module")
def approved(served: Served) -> str:
    """A finished run of the deployment smoke."""
    run = served.run("smoke")
    assert served.final_state(run)["name"] == "Approved"
    return run


def artifacts_of(served: Served, run: str) -> dict[str, Any]:
    """The artifacts of a run by key."""
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    return {entry["key"]: entry for entry in served.post("/artifacts/filter", wanted)}


def test_an_approved_run(page: Page, served: Served, approved: str, shots: Path) -> None:
    assert "v1 is deployed: heldout" in served.state(approved)["message"]
    pages.open_run(page, served, approved, "Artifacts")
    expect(page.get_by_text("Approved", exact=True).first).to_be_visible()
    for key in ("verdict", "accuracy", "ledger", "report", "training"):
        expect(page.get_by_text(key, exact=True).first).to_be_visible()
    page.wait_for_timeout(DRAWN_MILLISECONDS)
    page.screenshot(path=shots / "approved.png")


def test_the_verdict_is_a_page(page: Page, served: Served, approved: str, shots: Path) -> None:
    number = artifacts_of(served, approved)["verdict"]["id"]
    page.goto(f"{served.url}/v2/artifacts/artifact/{number}")
    expect(page.get_by_role("heading", name="Approved")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(2)
    image = page.get_by_alt_text("Accuracy of each language before and after")
    assert image.evaluate("element => element.complete && element.naturalWidth") == 640
    page.screenshot(path=shots / "verdict.png", full_page=True)


@pytest.mark.parametrize("key", ["accuracy", "ledger"])
def test_tables(page: Page, served: Served, approved: str, shots: Path, key: str) -> None:
    number = artifacts_of(served, approved)[key]["id"]
    page.goto(f"{served.url}/v2/artifacts/artifact/{number}")
    expect(page.get_by_role("row").filter(has_text="Spanish")).to_have_count(1)
    page.screenshot(path=shots / f"table-{key}.png")


def test_the_report_is_opened_by_its_link(
    page: Page, served: Served, approved: str, shots: Path
) -> None:
    number = artifacts_of(served, approved)["report"]["id"]
    page.goto(f"{served.url}/v2/artifacts/artifact/{number}")
    address = page.get_by_role("link", name="report.html").get_attribute("href")
    assert address is not None and address.startswith("http://127.0.0.1:")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Spanish").first).to_be_visible()
    page.screenshot(path=shots / "report.png")


def test_reused_stages_say_so(page: Page, served: Served, approved: str, shots: Path) -> None:
    again = served.run("smoke")
    assert served.final_state(again)["name"] == "Approved"
    pages.open_run(page, served, again, "TaskRuns")
    expect(page.get_by_text("Reused", exact=True).first).to_be_visible()
    page.screenshot(path=shots / "reused.png", full_page=True)
    wanted = {"flow_runs": {"id": {"any_": [again]}}, "limit": 200}
    tasks = served.post("/task_runs/filter", wanted)
    by_name = {task["name"]: task["state_name"] for task in tasks}
    assert by_name["train"] == "Reused" and by_name["clean es"] == "Reused"
    assert {task["state_type"] for task in tasks} == {"COMPLETED"}


def training_processes(workspace: Path) -> list[psutil.Process]:
    """Processes that train in this workspace."""
    training = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if "alignment.training" in command and str(workspace) in command:
            training.append(process)
    return training


def test_progress_moves_and_the_button_cancels(page: Page, served: Served, shots: Path) -> None:
    run = served.run("retrain", config=LONG)

    def progress() -> dict[str, Any] | None:
        artifact = artifacts_of(served, run).get("training")
        return artifact if isinstance(artifact, dict) else None

    first = wait_for("the first step", RUN_SECONDS, progress)
    assert training_processes(served.workspace)
    pages.open_run(page, served, run, "Artifacts")
    expect(page.get_by_text("of 500,000, loss").first).to_be_visible()
    page.screenshot(path=shots / "training.png")
    step = pages.number_in(first["description"])

    def moved() -> bool:
        present = progress()
        return present is not None and pages.number_in(present["description"]) > step

    wait_for("progress", 2 * PAGE_SECONDS, moved)
    page.goto(f"{served.url}/v2/artifacts/artifact/{first['id']}")
    expect(page.get_by_text("Progress:").first).to_be_visible()
    page.screenshot(path=shots / "progress.png")

    pages.open_run(page, served, run)
    page.get_by_role("button", name="Open menu").click()
    page.get_by_role("menuitem", name="Cancel").click()
    page.screenshot(path=shots / "cancel.png")
    started = time.monotonic()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel Flow Run").click()
    gone = lambda: not training_processes(served.workspace)  # noqa: E731
    wait_for("the end of the training", STOP_SECONDS, gone)
    stopped = time.monotonic() - started
    assert served.final_state(run, CANCEL_SECONDS)["name"] == "Cancelled"
    seconds = time.monotonic() - started
    print(
        f"Training ended {stopped:.0f} s after the button, the run was Cancelled in {seconds:.0f}"
    )
    pages.open_run(page, served, run)
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    page.screenshot(path=shots / "cancelled.png")
    assert_nothing_half_written(served)


def assert_nothing_half_written(served: Served) -> None:
    """Every artifact is whole, and no model was published."""
    command = [sys.executable, "-m", "alignment", "store", "verify"]
    done = subprocess.run(
        [*command, "--workspace", str(served.workspace)],
        cwd=served.project,
        env=served.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 damaged" in done.stdout
    assert list((served.workspace / "store" / "tmp").iterdir()) == []
    assert not (served.workspace / "registry" / "long").exists()
