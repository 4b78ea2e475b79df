"""A language is added by one line, and trained from the UI without a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.flows.servers import RUN_SECONDS, wait_for
from tests.ui_prefect import pages
from tests.ui_prefect.served import Served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.ui
CONFIG = "configs/one.yaml"
RENEWED_SECONDS = 60


@pytest.fixture
def one_language(served: Served) -> Iterator[Path]:
    """A configuration of its own model with Spanish only; its corpus has Galician, too."""
    configs = served.project / "configs"
    corpus = configs / "data" / "one.tsv"
    lines = (configs / "data" / "tiny.tsv").read_text().splitlines()
    rows = [line.split("\t")[:2] for line in lines]
    table = [["en", "es", "gl"], *([english, spanish, spanish] for english, spanish in rows[1:])]
    corpus.write_text("".join("\t".join(row) + "\n" for row in table))
    smoke = (configs / "smoke.yaml").read_text()
    text = smoke.replace("name: smoke", "name: one").replace("data/tiny.tsv", "data/one.tsv")
    path = served.project / CONFIG
    path.write_text(text.replace("  ru: {}\n  ja: {}\n", ""))
    yield path
    path.unlink()


def offered(served: Served, name: str) -> list[str]:
    """What the form offers now."""
    schema = served.deployment("retrain")["parameter_openapi_schema"]["properties"][name]
    choices: list[str] = schema.get("enum") or schema["items"]["enum"]
    return choices


def test_a_language_is_one_line(
    page: Page, served: Served, one_language: Path, shots: Path
) -> None:
    wait_for("the configuration", RENEWED_SECONDS, lambda: CONFIG in offered(served, "config"))
    assert "gl" not in offered(served, "languages")
    one_language.write_text(one_language.read_text().replace("  es: {}\n", "  es: {}\n  gl: {}\n"))
    wait_for("the language", RENEWED_SECONDS, lambda: "gl" in offered(served, "languages"))

    pages.open_form(page, served, "retrain")
    page.get_by_label("Select config").click()
    page.get_by_role("option", name=CONFIG).click()
    pages.choose_languages(page, "gl")
    pages.field(page, "steps").fill("5")
    page.screenshot(path=shots / "new-language-form.png", full_page=True)
    pages.submit(page)
    name = "retrain one gl 5 steps"
    pages.reload_until(page, page.get_by_role("link", name=name), RUN_SECONDS)
    (run,) = [entry["id"] for entry in served.runs("retrain") if entry["name"] == name]
    served.final_state(run)
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"any_": ["report"]}}}
    (report,) = served.post("/artifacts/filter", wanted)
    page.goto(report["data"].partition("](")[2].removesuffix(")"))
    expect(page.get_by_text("Galician").first).to_be_visible()
    page.screenshot(path=shots / "new-language-report.png")
