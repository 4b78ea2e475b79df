"""The report in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alignment.report.html import render_report
from alignment.report.summary import Summary

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCRIPT = "<script>alert(1)</script>"

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize("width", [1280, 420], ids=["desktop", "phone"])
def test_report_is_self_contained_and_fits(
    finished: Path, browser: Browser, tmp_path: Path, width: int
) -> None:
    (report,) = finished.glob("runs/*/report.html")
    alone = tmp_path / "report.html"
    shutil.copy(report, alone)
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
    page.goto(alone.as_uri())
    assert "Approved." in page.inner_text(".verdict")
    assert page.inner_text("table >> nth=0").count("pass") == 3
    plots = page.locator("svg")
    assert plots.count() == 3
    for place in range(3):
        box = plots.nth(place).bounding_box()
        assert box is not None and box["width"] > 250 and box["height"] > 60
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [alone.as_uri()]
    assert [message for message in messages if message.startswith("error")] == []


def test_text_of_a_corpus_cannot_become_markup(finished: Path) -> None:
    (run,) = finished.glob("runs/*")
    summary = Summary.model_validate_json((run / "summary.json").read_text())
    (path,) = finished.glob("store/triplets/*/audit.json")
    audit = json.loads(path.read_text())
    strategy = next(iter(audit["strategies"].values()))
    strategy["examples"] = [
        {"anchor": SCRIPT, "positive": "a", "negative": "b", "rank": 0, "chrf": 1.0}
    ]
    page = render_report(summary, {0: audit}, [], {})
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
