"""A project with a real Prefect server and worker, and a browser on its pages."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alignment.templates import Template, write_project
from tests.ui_prefect.served import LONG, PAGE_SECONDS, Served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `alignment init` writes, and a configuration that trains for long."""
    project = tmp_path_factory.mktemp("project")
    write_project(project, Template.smoke)
    smoke = (project / "configs" / "smoke.yaml").read_text()
    text = re.sub(r"steps: \d+", "steps: 500000", smoke.replace("name: smoke", "name: long"))
    (project / LONG).write_text(text)
    return project


@pytest.fixture(scope="session")
def served(project: Path) -> Iterator[Served]:
    """The project with server and worker."""
    served = Served(project)
    served.start()
    try:
        yield served
    finally:
        served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PAGE_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, patient with a busy machine."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PAGE_SECONDS * 1000)
    yield page
    page.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Directory of the screenshots; the summary of the test run names it."""
    place = os.environ.get("SCREENSHOTS")
    directory = Path(place) if place else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    request.config.stash[_SHOTS] = directory
    return directory


_SHOTS = pytest.StashKey[Path]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the screenshots are."""
    directory = config.stash.get(_SHOTS, None)
    if directory is not None:
        terminalreporter.write_line(f"Screenshots: {directory}")
