"""A schedule: its run appears by itself, and what a user pauses stays paused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.flows.servers import RUN_SECONDS, wait_for
from tests.ui_prefect import pages
from tests.ui_prefect.served import PAGE_SECONDS, Served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.ui
NAME = "minutely 0 steps"
EVERY_MINUTE = """
  - name: minutely
    description: Every minute.
    entrypoint: flows/align.py:align
    parameters: {config: configs/smoke.yaml, steps: 0, workspace: workspace/minutely}
    schedules:
      - {slug: minutely, cron: "* * * * *", timezone: UTC, active: true}
    work_pool: *work_pool
"""


@pytest.fixture(scope="module")
def minutely(served: Served) -> Iterator[Served]:
    """The server with one more deployment."""
    file = served.project / "prefect.yaml"
    before = file.read_text()
    file.write_text(before + EVERY_MINUTE)
    environment = {
        **served.environment,
        "PREFECT_API_URL": served.api,
        "ALIGNMENT_HOME": str(served.project),
    }
    command = [sys.executable, "-m", "flows.deploy"]
    subprocess.run(command, cwd=served.project, env=environment, check=True, timeout=300)
    yield served
    file.write_text(before)
    served.delete(f"/deployments/{served.deployment('minutely')['id']}")


def test_a_scheduled_run_and_a_pause_that_survives_a_restart(
    page: Page, minutely: Served, shots: Path
) -> None:
    def at_work() -> dict[str, Any] | None:
        runs = [run for run in minutely.runs("minutely") if run["state_name"] == "Running"]
        return runs[0] if runs else None

    run = wait_for("a scheduled run", RUN_SECONDS, at_work)
    assert run["auto_scheduled"]
    address = f"{minutely.url}/v2/deployments/deployment/{minutely.deployment('minutely')['id']}"
    page.goto(address)
    toggle = page.get_by_role("switch", name="toggle")
    expect(toggle).to_be_checked()
    page.screenshot(path=shots / "schedule.png")
    toggle.click()
    expect(toggle).not_to_be_checked()
    assert minutely.final_state(run["id"])["name"] == "Rejected"
    assert minutely.get(f"/flow_runs/{run['id']}")["name"] == NAME
    pages.reload_until(page, page.get_by_role("link", name=NAME), 2 * PAGE_SECONDS)

    minutely.stop()
    minutely.start()
    page.goto(address)
    expect(page.get_by_role("switch", name="toggle")).not_to_be_checked()
    page.screenshot(path=shots / "paused.png")
    assert minutely.deployment("minutely")["schedules"][0]["active"] is False
