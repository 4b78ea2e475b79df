"""The form of a custom run: what can be chosen, and what is refused."""

from __future__ import annotations

import urllib.error
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.flows.servers import wait_for
from tests.ui_prefect import pages
from tests.ui_prefect.served import LONG, Served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.ui
REFUSED_SECONDS = 180


def test_a_run_with_two_languages(page: Page, served: Served, shots: Path) -> None:
    pages.open_form(page, served, "retrain")
    page.get_by_label("Select languages").click()
    expect(page.get_by_role("option")).to_have_text(["es", "ja", "ru"])
    page.screenshot(path=shots / "form-languages.png")
    page.keyboard.press("Escape")
    pages.choose_languages(page, "ja", "es")
    pages.field(page, "steps").fill("12")
    page.get_by_label("Select loss").click()
    page.get_by_role("option", name="infonce", exact=True).click()
    page.screenshot(path=shots / "form.png", full_page=True)
    pages.submit(page)
    name = "retrain ja,es infonce 12 steps"
    pages.reload_until(page, page.get_by_role("link", name=name), REFUSED_SECONDS)
    page.screenshot(path=shots / "runs-of-retrain.png")

    (run,) = [entry["id"] for entry in served.runs("retrain") if entry["name"] == name]
    state = served.final_state(run)
    assert state["name"] == "Rejected"
    pages.open_run(page, served, run)
    expect(page.get_by_text("Rejected").first).to_be_visible()
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_text("nothing was deployed: ")).to_be_visible()
    page.screenshot(path=shots / "rejected.png")
    assert "\n" not in state["message"]


def test_configurations_are_a_list(page: Page, served: Served) -> None:
    pages.open_form(page, served, "retrain")
    page.get_by_label("Select config").click()
    expect(page.get_by_role("option")).to_have_text([LONG, "configs/smoke.yaml"])


@pytest.mark.parametrize(("typed", "offered"), [("xx", []), ("e", ["es"])])
def test_a_language_is_searched(page: Page, served: Served, typed: str, offered: list[str]) -> None:
    pages.open_form(page, served, "retrain")
    page.get_by_label("Select languages").click()
    page.keyboard.type(typed)
    expect(page.get_by_role("option")).to_have_text(offered)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [("-1", "greater than or equal to 0"), ("1000001", "less than or equal to"), ("12e", "number")],
)
def test_wrong_steps_are_refused_in_the_form(
    page: Page, served: Served, shots: Path, typed: str, complaint: str
) -> None:
    before = len(served.runs("retrain"))
    pages.open_form(page, served, "retrain")
    steps = pages.field(page, "steps")
    steps.click()
    page.keyboard.type(typed)
    pages.submit(page)
    assert complaint in steps.evaluate("element => element.validationMessage")
    page.screenshot(path=shots / f"form-steps-{typed}.png")
    assert page.url.partition("?")[0].endswith("/run"), "the form was sent"
    assert len(served.runs("retrain")) == before


def test_letters_do_not_get_into_the_steps(page: Page, served: Served) -> None:
    pages.open_form(page, served, "retrain")
    steps = pages.field(page, "steps")
    steps.click()
    page.keyboard.type("12abc")
    assert steps.input_value() == "12"


@pytest.mark.parametrize(
    "parameters",
    [
        {"languages": ["xx"]},
        {"steps": -1},
        {"steps": "12abc"},
        {"config": "configs/absent.yaml"},
        {"loss": "hinge"},
    ],
    ids=str,
)
def test_the_server_refuses_the_same(served: Served, parameters: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        served.run("retrain", **parameters)
    assert refused.value.code == 409
    assert "Validation failed for field" in refused.value.read().decode()


def test_a_workspace_outside_the_project(page: Page, served: Served, shots: Path) -> None:
    pages.open_form(page, served, "retrain")
    pages.field(page, "workspace").fill("../../etc")
    pages.submit(page)

    def failed() -> dict[str, Any] | None:
        runs = [run for run in served.runs("retrain") if run["state_type"] == "FAILED"]
        refused = [run for run in runs if run["parameters"]["workspace"] == "../../etc"]
        return refused[0] if refused else None

    run = wait_for("the refusal", REFUSED_SECONDS, failed)
    assert "'../../etc', expected a directory in" in run["state"]["message"]
    pages.open_run(page, served, run["id"])
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_text("expected a directory in").first).to_be_visible()
    page.screenshot(path=shots / "wrong-workspace.png")
    wanted = {"logs": {"flow_run_id": {"any_": [run["id"]]}}}
    lines = [line["message"] for line in served.post("/logs/filter", wanted)]
    assert sum("expected a directory in" in line for line in lines) >= 1
    assert not [line for line in lines if "Traceback" in line]
