"""The form of a run: what can be chosen, and what the server refuses."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.utilities.callables import parameter_schema
from prefect.utilities.schema_tools.validation import is_valid_schema, validate

from flows.align import align
from flows.form import Choices, Forms, fitted, read_choices
from tests.support import SMOKE

CHOICES = Choices(("configs/quickstart.yaml", "configs/smoke.yaml"), ("cy", "fi"))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema as `prefect deploy` writes it."""
    return parameter_schema(align).model_dump_for_openapi()


def test_lists_to_choose_from(schema: dict[str, Any]) -> None:
    form = fitted(schema, CHOICES, {})
    is_valid_schema(form)
    properties = form["properties"]
    assert properties["config"]["enum"] == list(CHOICES.configs)
    assert properties["languages"]["items"] == {"type": "string", "enum": ["cy", "fi"]}
    assert properties["loss"]["enum"] == ["triplet", "infonce", "triplet+infonce"]
    steps = properties["steps"]
    assert (steps["type"], steps["minimum"], steps["maximum"]) == ("integer", 0, 1_000_000)
    for name, field in properties.items():
        assert field["description"] and "anyOf" not in field, name


@pytest.mark.parametrize(
    ("parameters", "is_valid"),
    [
        ({}, True),
        ({"languages": ["cy", "fi"], "steps": 300, "loss": "infonce"}, True),
        ({"languages": ["xx"]}, False),
        ({"steps": -1}, False),
        ({"steps": 1_000_001}, False),
        ({"steps": "12abc"}, False),
        ({"config": "configs/absent.yaml"}, False),
        ({"loss": "hinge"}, False),
    ],
)
def test_what_the_server_accepts(
    schema: dict[str, Any], parameters: dict[str, Any], is_valid: bool
) -> None:
    errors = validate(parameters, fitted(schema, CHOICES, {}))
    assert (not errors) == is_valid


def test_what_a_deployment_sets_can_be_chosen(schema: dict[str, Any]) -> None:
    parameters = {"config": "mine/a.yaml", "languages": ["et"], "steps": None}
    form = fitted(schema, CHOICES, parameters)
    assert validate(parameters, form) == []


def test_a_form_changes_with_the_choices(schema: dict[str, Any]) -> None:
    first = fitted(schema, CHOICES, {})
    assert fitted(first, CHOICES, {}) == first
    more = fitted(first, Choices(CHOICES.configs, ("cy", "et", "fi")), {})
    assert validate({"languages": ["et"]}, more) == []
    none = fitted(first, Choices((), ()), {})
    assert validate({"languages": ["et"], "config": "x"}, none) == []


def test_forms_of_other_flows_stay() -> None:
    schema = {"properties": {"version": {"type": "string", "title": "version"}}}
    assert fitted(schema, CHOICES, {}) == schema


def test_choices_of_a_project(tmp_path: Path) -> None:
    configs = tmp_path / "configs"
    configs.mkdir()
    (configs / "smoke.yaml").write_text(SMOKE.read_text())
    (configs / "broken.yaml").write_text("name: [")
    expected = Choices(("configs/broken.yaml", "configs/smoke.yaml"), ("es", "ja", "ru"))
    assert read_choices(tmp_path) == expected


def test_choices_of_a_cluster(tmp_path: Path) -> None:
    """A ConfigMap is a folder of links, which change when it does."""
    for folder in ("configs", "team", "other"):
        (tmp_path / folder).mkdir()
    (tmp_path / "configs" / "smoke.yaml").write_text(SMOKE.read_text())
    data = tmp_path / "team" / "..data"
    data.mkdir()
    (data / "ours.yaml").write_text(SMOKE.read_text().replace("  es:", "  cy:"))
    (tmp_path / "team" / "ours.yaml").symlink_to("..data/ours.yaml")
    (tmp_path / "other" / "not.yaml").write_text(SMOKE.read_text())
    choices = read_choices(tmp_path)
    assert choices.configs == ("configs/smoke.yaml", "team/ours.yaml")
    assert set(choices.languages) == {"cy", "es", "ja", "ru"}


def test_a_server_that_is_away_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [httpx.ConnectError("away"), ValueError("a page of a proxy"), None]

    def renew(*_: object) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    monkeypatch.setattr("flows.form.renew_forms", renew)
    # Prefect takes the log lines of `alignment` for itself.
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    forms = Forms(None, tmp_path)  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO, logger="alignment.deploy"):
        for _ in range(4):
            forms.look()
    assert answers == []
    assert caplog.text.count("could not be renewed yet: away") == 1


def test_forms_are_renewed_when_a_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = []
    monkeypatch.setattr("flows.form.renew_forms", lambda _, home: renewed.append(home))
    config = tmp_path / "configs" / "a.yaml"
    config.parent.mkdir()
    config.write_text("name: a")
    forms = Forms(None, tmp_path)  # type: ignore[arg-type]
    forms.look()
    forms.look()
    assert renewed == [tmp_path]
    config.write_text("name: another")
    forms.look()
    assert renewed == [tmp_path] * 2
    config.unlink()
    forms.look()
    assert renewed == [tmp_path] * 3
