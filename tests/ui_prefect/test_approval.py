"""A version that waits for a person, who decides on the page of the run."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.flows.servers import RUN_SECONDS, wait_for
from tests.ui_prefect import pages
from tests.ui_prefect.served import Served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.ui
CONFIG = "configs/approve.yaml"
REASON = "The report looks good"
TRIES = 5
WAIT_MILLISECONDS = 60_000


def test_an_approval_is_given_on_the_page(page: Page, served: Served, shots: Path) -> None:
    smoke = (served.project / "configs" / "smoke.yaml").read_text()
    text = smoke.replace("name: smoke", "name: approve").replace(
        "gate:", "gate:\n  approval: manual"
    )
    (served.project / CONFIG).write_text(text)

    def can_be_chosen() -> bool:
        return CONFIG in str(served.deployment("retrain")["parameter_openapi_schema"])

    wait_for("the configuration", 60, can_be_chosen)
    run = served.run("retrain", config=CONFIG)
    wait_for("the question", RUN_SECONDS, lambda: served.state(run)["name"] == "Suspended")
    champion = served.workspace / "registry" / "approve" / "champion"
    assert not champion.exists()

    pages.open_run(page, served, run)
    expect(page.get_by_text("Suspended", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Open menu").click()
    page.screenshot(path=shots / "suspended.png")
    page.get_by_role("menuitem", name="Resume").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("passed the gate against")).to_be_visible()
    dialog.get_by_label(re.compile("^Select decision", re.IGNORECASE)).click()
    page.get_by_role("option", name="approve", exact=True).click()
    dialog.get_by_label(re.compile("approved.by", re.IGNORECASE)).fill("Ana")
    dialog.get_by_label(re.compile("^reason", re.IGNORECASE)).fill(REASON)
    page.screenshot(path=shots / "approval.png")
    press_until_it_closes(dialog)
    state = served.final_state(run)
    assert state["name"] == "Approved", state
    assert champion.exists()
    history = (served.workspace / "registry" / "approve" / "history.jsonl").read_text()
    assert REASON in history and "Ana" in history
    pages.open_run(page, served, run)
    page.get_by_role("tab", name="Details").click()
    page.screenshot(path=shots / "approved-by-a-person.png")


def press_until_it_closes(dialog: Locator) -> None:
    """Resume; while SQLite is locked, as on a busy machine, the dialog says so and stays open."""
    for _ in range(TRIES):
        dialog.get_by_role("button", name="Resume").click()
        with contextlib.suppress(AssertionError):
            expect(dialog).to_be_hidden(timeout=WAIT_MILLISECONDS)
            return
    pytest.fail("the run could not be resumed")
