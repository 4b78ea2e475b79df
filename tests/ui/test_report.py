"""The report in a real browser: on a desktop, on a phone, in the dark, on paper, no JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report_pages import make_run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = 390

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a made-up run of 100 languages, or of as many as the parameter says."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    page = make_run(getattr(request, "param", 100), pools=True).page()
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The report in a window with these options, on which nothing may fail."""
    options: dict[str, Any] = getattr(request, "param", {})
    page = browser.new_page(java_script_enabled=False, **options)
    messages: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert messages == []
    assert requests == [path.as_uri()]
    page.close()


def window(width: int, **options: Any) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, **options}


@pytest.mark.parametrize("path", [8, 100], indirect=True)
@pytest.mark.parametrize("opened", [window(1280), window(PHONE)], indirect=True)
def test_only_tables_scroll(opened: Page) -> None:
    for summary in opened.locator("details > summary").all()[:12]:
        summary.click()
    width = opened.viewport_size
    assert width is not None
    document = opened.locator("html")
    assert document.evaluate("element => element.scrollWidth") <= width["width"]


@pytest.mark.parametrize("opened", [window(1280)], indirect=True)
def test_the_first_screen_has_the_verdict_and_what_changed(opened: Page) -> None:
    assert "Rejected." in opened.inner_text(".headline")
    box = opened.locator("#changes h3").first.bounding_box()
    assert box is not None and box["y"] < 900
    titles = opened.locator("#changes h3").all_inner_texts()
    assert [title.partition(":")[0].strip("▼▲=") for title in titles] == [
        "Worse",
        "Better",
        "No clear change",
    ]


@pytest.mark.parametrize("opened", [window(1280)], indirect=True)
def test_a_link_opens_the_part_that_it_leads_to(opened: Page) -> None:
    facts = opened.locator("#language-cy")
    assert not facts.is_visible()
    opened.locator("#languages table a[href='#language-cy']").click()
    assert facts.is_visible()
    facts.locator("a[href='#confusions-cy']").click()
    assert opened.locator("#confusions-cy table").is_visible()


@pytest.mark.parametrize("opened", [window(1280)], indirect=True)
def test_every_chart_is_visible_and_named(opened: Page) -> None:
    charts = opened.locator("svg:visible")
    assert charts.count() > 20
    for chart in (charts.first, charts.last):
        box = chart.bounding_box()
        assert box is not None and box["width"] > 60 and box["height"] > 10
    assert opened.locator("svg:not([aria-label])").count() == 0


@pytest.mark.parametrize("opened", [window(1280, color_scheme="dark")], indirect=True)
def test_the_dark_theme(opened: Page) -> None:
    color = "element => getComputedStyle(element).backgroundColor"
    assert opened.locator("body").evaluate(color) == "rgb(16, 21, 27)"
    assert opened.locator("section").first.evaluate(color) == "rgb(24, 31, 39)"
    opened.emulate_media(media="print")
    assert opened.locator("body").evaluate(color) == "rgb(255, 255, 255)"


@pytest.mark.parametrize("opened", [window(1280)], indirect=True)
def test_on_paper(opened: Page, tmp_path: Path) -> None:
    opened.emulate_media(media="print")
    assert not opened.locator("nav.sections").is_visible()
    assert opened.locator(".printed").is_visible()
    opened.pdf(path=tmp_path / "report.pdf", format="A4", prefer_css_page_size=True)
    pages = (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n")
    assert 4 <= pages <= 60


@pytest.mark.parametrize("opened", [window(1280)], indirect=True)
def test_sentences_are_shown_in_their_language(opened: Page) -> None:
    opened.locator("a[href='#language-he']").first.click()
    opened.locator("#language-he a[href='#confusions-he']").click()
    sentence = opened.locator("#confusions-he td[lang='he']").first
    assert sentence.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert (
        opened.locator("#confusions-he td[lang='en']").first.evaluate(
            "element => getComputedStyle(element).direction"
        )
        == "ltr"
    )


SCREENS = {
    "desktop": window(1280),
    "phone": window(PHONE),
    "dark": window(1280, color_scheme="dark"),
}


@pytest.mark.parametrize("path", [8, 100], indirect=True, ids=["8", "100"])
@pytest.mark.parametrize("opened", list(SCREENS.values()), indirect=True, ids=list(SCREENS))
def test_pictures_to_look_at(opened: Page, shots: Path, request: pytest.FixtureRequest) -> None:
    """The first screen of the report, and all of it."""
    name = f"report-{request.node.callspec.id}"
    opened.screenshot(path=shots / f"{name}.png")
    opened.screenshot(path=shots / f"{name}-whole.png", full_page=True)
    assert (shots / f"{name}-whole.png").stat().st_size > 20_000


def test_the_report_of_a_finished_run(finished: Path, browser: Browser) -> None:
    (report,) = finished.glob("runs/*/report.html")
    page = browser.new_page(**window(PHONE))
    page.goto(report.as_uri())
    assert "Approved." in page.inner_text(".verdict")
    assert page.locator("#languages .pass").count() >= 3
    assert page.locator("#confusions").count() == 1
    assert page.locator("#history").inner_text().count("v1") >= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.close()
