"""The search page in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alignment.search.server import SearchServer
from tests.unit.search.examples import engines

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with SearchServer("127.0.0.1", 0, engines(tmp_path_factory.mktemp("ui"))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


@pytest.fixture
def messages() -> list[str]:
    return []


def open_page(browser: Browser, messages: list[str], **options: object) -> Page:
    page = browser.new_page(**options)  # type: ignore[arg-type]
    page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
    page.on("dialog", lambda dialog: messages.append(f"error: dialog {dialog.message}"))
    page.on("pageerror", lambda error: messages.append(f"error: {error}"))
    return page


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_a_query_from_the_form(
    browser: Browser, url: str, messages: list[str], width: int, javascript: bool
) -> None:
    page = open_page(
        browser,
        messages,
        viewport={"width": width, "height": 800},
        java_script_enabled=javascript,
    )
    page.goto(url)
    page.fill("input[name=q]", "<script>alert('x')</script>")
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("li")
    assert page.input_value("input[name=q]") == "<script>alert('x')</script>"
    columns = page.locator("section")
    assert columns.count() == 2
    boxes = [columns.nth(place).bounding_box() for place in range(2)]
    assert boxes[0] is not None and boxes[1] is not None
    side_by_side = boxes[1]["x"] >= boxes[0]["x"] + boxes[0]["width"]
    assert side_by_side == (width > 700)
    assert page.locator("section >> nth=1 >> li >> nth=0").inner_text().startswith("1")
    assert "<script>alert('x')</script>" in page.inner_text("main")
    assert page.locator("script").count() == 0
    if javascript:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [message for message in messages if message.startswith("error")] == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_pictures_to_look_at(
    browser: Browser, url: str, messages: list[str], shots: Path, width: int, scheme: str
) -> None:
    """The same query under both models."""
    window = {"width": width, "height": 900}
    page = open_page(browser, messages, viewport=window, color_scheme=scheme)
    page.goto(f"{url}?q=password&k=10")
    picture = shots / f"search-{width}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 10_000
    page.close()


def test_text_in_its_own_direction(browser: Browser, url: str, messages: list[str]) -> None:
    page = open_page(browser, messages)
    page.goto(f"{url}?q=password&k=10")
    arabic = page.locator("p.text[lang=ar] >> nth=0")
    english = page.locator("p.text[lang=en] >> nth=0")
    direction = "element => getComputedStyle(element).direction"
    assert arabic.evaluate(direction) == "rtl"
    assert english.evaluate(direction) == "ltr"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(browser: Browser, url: str, messages: list[str], scheme: str) -> None:
    """The contrast of text is at least 4.5 to 1, as WCAG AA asks for."""
    page = open_page(browser, messages, color_scheme=scheme)
    page.goto(f"{url}?q=password&k=10")
    low = page.evaluate(CONTRASTS)
    assert low == []
    page.close()


CONTRASTS = """() => {
  const channels = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(
      v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = element => {
    const color = getComputedStyle(element).backgroundColor;
    const opaque = channels(color)[3] !== 0;
    return opaque ? channels(color) : background(element.parentElement);
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const text = luminance(channels(getComputedStyle(element).color));
    const behind = luminance(background(element));
    const ratio = (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
    if (ratio < 4.5) low.push(`${element.className} ${element.textContent.trim()}: ${ratio}`);
  }
  return low;
}"""
