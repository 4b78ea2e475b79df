"""What a user does on the pages of Prefect, and where."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.ui_prefect.served import PAGE_SECONDS, Served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def open_form(page: Page, served: Served, name: str) -> None:
    """The form of a custom run, by the way that a user takes."""
    page.goto(f"{served.url}/v2/deployments")
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    expect(page.get_by_text("Enforce Parameter Schema")).to_be_visible()


def choose_languages(page: Page, *codes: str) -> None:
    """Choose these in the list of languages, which opens once."""
    page.get_by_label("Select languages").click()
    for code in codes:
        page.get_by_role("option", name=code, exact=True).click()
    page.keyboard.press("Escape")


def field(page: Page, name: str) -> Locator:
    """The field of a parameter."""
    return page.get_by_label(f"{name} (Optional)")


def submit(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Submit").click()


def open_run(page: Page, served: Served, run: str, tab: str = "") -> None:
    """The page of a run."""
    page.goto(f"{served.url}/v2/runs/flow-run/{run}{f'?tab={tab}' if tab else ''}")
    expect(page.get_by_role("tab", name="Artifacts")).to_be_visible()


def reload_until(page: Page, wanted: Locator, seconds: float) -> None:
    """Load the page again and again: its lists are not renewed by themselves."""
    deadline = time.monotonic() + seconds
    while not wanted.first.is_visible():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {wanted}"
        page.wait_for_timeout(2000)
        page.reload()
        page.wait_for_load_state("networkidle")
    expect(wanted.first).to_be_visible(timeout=PAGE_SECONDS * 1000)


def number_in(text: str) -> int:
    """The step in `step 1,234 of 5,000`."""
    match = re.search(r"step ([\d,]+) of", text)
    assert match, text
    return int(match[1].replace(",", ""))
