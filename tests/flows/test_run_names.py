"""Names of runs: what was asked."""

from __future__ import annotations

from typing import Any

import pytest

from flows.run_names import described

CONFIG = "configs/quickstart.yaml"


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "retrain"),
        ({"languages": ["cy", " fi "], "steps": 300}, "retrain cy,fi 300 steps"),
        ({"steps": 0, "loss": "infonce"}, "retrain infonce 0 steps"),
        ({"languages": list("abcdefg")}, "retrain 7 languages"),
        ({"config": "configs/pipeline.yaml"}, "retrain pipeline"),
        ({"dry_run": True}, "retrain dry run"),
    ],
)
def test_a_deployed_run(parameters: dict[str, Any], name: str) -> None:
    assert described({"config": CONFIG, **parameters}, "retrain", CONFIG) == name


def test_a_run_without_a_deployment_is_named_after_its_configuration() -> None:
    assert described({"config": CONFIG, "steps": 3}) == "quickstart 3 steps"


def test_a_deployment_named_like_its_configuration() -> None:
    assert described({"config": "configs/smoke.yaml"}, "smoke") == "smoke"
