"""A project with a real Prefect server and worker, and a browser on its pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alignment.templates import Template, write_project
from tests.screenshots import pytest_terminal_summary as pytest_terminal_summary
from tests.screenshots import shots as shots
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
