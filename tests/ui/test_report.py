"""The report in a real browser."""

import shutil
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def browser() -> Any:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.mark.parametrize("width", [1280, 420])
def test_the_report_stands_by_itself_and_fits(
    finished: Path, browser: Any, tmp_path: Path, width: int
) -> None:
    (report,) = finished.glob("runs/*/report.html")
    alone = tmp_path / "report.html"
    shutil.copy(report, alone)
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    page.goto(alone.as_uri())
    assert "Approved." in page.inner_text(".verdict")
    assert page.inner_text("table >> nth=0").count("pass") == 3
    assert page.locator("svg").count() == 3
    for i in range(3):
        box = page.locator("svg").nth(i).bounding_box()
        assert box["width"] > 250 and box["height"] > 60
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert requests == [alone.as_uri()] and errors == []
    page.screenshot(path=str(tmp_path / "report.png"), full_page=True)


def test_text_of_a_corpus_cannot_become_markup(finished: Path) -> None:
    import json

    from alignment.report.html import render_report
    from alignment.report.summary import Summary

    (run,) = finished.glob("runs/*")
    summary = Summary.model_validate_json((run / "summary.json").read_text())
    (audit,) = finished.glob("store/triplets/*/audit.json")
    found = json.loads(audit.read_text())
    next(iter(found["strategies"].values()))["examples"] = [
        {
            "anchor": "<script>alert(1)</script>",
            "positive": "a",
            "negative": "b",
            "rank": 0,
            "chrf": 1.0,
        }
    ]
    page = render_report(summary, {0: found}, [], {})
    assert "<script>alert" not in page and "&lt;script&gt;" in page
