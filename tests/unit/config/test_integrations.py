"""`mlflow` and `hub`: no password and no token is stored or shown."""

from __future__ import annotations

import pytest

from alignment.config import HubRepository, MlflowTracking, parse_config
from alignment.config.sections import section
from alignment.errors import ConfigError
from tests.unit.config.support import GOOD, problem_of

SECRET = "hf_abcdefghijklmnopqrstuvwxyz"


def test_defaults() -> None:
    config = parse_config(GOOD + "mlflow: {tracking_uri: 'http://h:5000'}\nhub: {repo_id: a/b}\n")
    assert config.mlflow == MlflowTracking(tracking_uri="http://h:5000")
    assert config.hub == HubRepository(repo_id="a/b", private=True, token="${HF_TOKEN}")
    assert (parse_config(GOOD).mlflow, parse_config(GOOD).hub) == (None, None)


def test_a_token_in_the_file_is_refused_and_not_shown() -> None:
    problem = problem_of(GOOD + f"hub: {{repo_id: a/b, token: {SECRET}}}\n")
    assert problem.startswith("c.yaml:9: hub.token: a token in a file can be read by others")
    assert SECRET not in problem
    assert SECRET not in problem_of(GOOD + "hub: {repo_id: a/b}\n", f"hub.token={SECRET}")


def test_a_password_in_the_address_is_not_stored() -> None:
    config = parse_config(GOOD + "mlflow: {tracking_uri: 'https://me:${PW}@h'}\n")
    assert config.mlflow is not None
    assert config.mlflow.tracking_uri == "https://me:${PW}@h"
    config = parse_config(GOOD + "mlflow: {tracking_uri: 'https://me:hunter2@h'}\n")
    assert "hunter2" not in config.model_dump_json() + repr(config)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("hub: {repo_id: demo}", "a repository such as my-team/quickstart"),
        ("hub: {repo_id: a/b, repo: c}", "unknown key"),
        ("mlflow: {tracking_uri: localhost:5000}", "an address that starts with http://"),
        ("mlflow: {tracking_uri: 'http://h', registered_model: a/b}", "text without slashes"),
        ("mlflow: {}", "required key is missing"),
    ],
)
def test_mistakes(entry: str, message: str) -> None:
    assert message in problem_of(f"{GOOD}{entry}\n")


def test_a_section_from_options() -> None:
    assert section(HubRepository, {"repo_id": "a/b"}, "hub push").repo_id == "a/b"
    with pytest.raises(ConfigError, match="hub push: repo_id: ") as caught:
        section(HubRepository, {"repo_id": "x", "token": SECRET}, "hub push")
    assert SECRET not in str(caught.value)
    assert len(caught.value.problems) == 2
