"""What an MLflow run shows of a run."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.config import parse_config
from alignment.integrations.mlflow_contents import (
    MAX_CHARACTERS,
    MAX_POINTS,
    WORK,
    Point,
    curves,
    description,
    identity,
    parameters,
    scores,
    tags,
)
from alignment.types import StepMetrics
from tests.summaries import make_result, make_summary

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, license: MIT, columns: {target: "{lang}"},
  url: "https://me:hunter2@h.org/a.tsv?token=hunter3"}]
languages: {cy: {}, fi: {gate: {floor: 0.7}}}
mlflow: {tracking_uri: "http://me:hunter4@localhost:5000"}
"""
STEP = StepMetrics(1, 0.5, 0.4, 0.3, 0.2, 0.9, None, 32, 0.1)


def test_parameters_are_flat_and_hold_no_secret() -> None:
    values = parameters(parse_config(CONFIG).model_dump(mode="json"))
    assert values["languages"] == "cy, fi"
    assert values["languages.fi.gate.floor"] == "0.7"
    assert values["corpora.0.url"] == "https://h.org/a.tsv?token=***"
    assert values["gate.sequential"] == "true"
    assert "hunter" not in str(values)
    assert not [key for key in values if key.startswith(("mlflow", "hub", "lock"))]
    assert not [key for key, value in values.items() if value in ("", "None")]


def test_a_long_parameter_is_cut() -> None:
    (value,) = parameters({"text": "x" * 10_000}).values()
    assert len(value) == MAX_CHARACTERS
    assert value.endswith("…")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(min_size=1, max_size=3), json_values, max_size=4))
def test_every_parameter_is_text(config: dict[str, Any]) -> None:
    for key, value in parameters(config).items():
        assert key and isinstance(value, str)


def test_scores_by_language_and_their_means() -> None:
    points = {point.name: point.value for point in scores(make_summary())}
    assert points["heldout/accuracy/fi"] == 0.75
    assert points["heldout/before/fi"] == 0.5
    assert points["heldout/gain/fi"] == 0.25
    assert points["heldout/passed/de"] == 1.0
    assert points["heldout/mean_accuracy"] == 0.75
    assert points["approved"] == 1.0
    assert "heldout/f1/fi" not in points


def test_what_others_publish_is_a_metric() -> None:
    summary = make_summary()
    measures = {"f1": 0.7, "xsim_ratio": 0.2, "mrr": 0.8, "hubness": 1.5, "accuracy": 0.6}
    summary.languages["fi"].suites["heldout"].measures["backward"] = measures
    points = {point.name: point.value for point in scores(summary)}
    assert points["heldout/f1/fi"] == 0.7
    assert points["heldout/xsim_ratio/fi"] == 0.2
    assert points["heldout/hubness/fi"] == 1.5
    assert points["heldout/accuracy/fi"] == 0.75


def test_curves_leave_out_what_is_no_number() -> None:
    step = replace(STEP, loss=math.nan, validation={"cy": 0.7})
    points = curves([STEP, step])
    assert Point("train/loss", 0.5, 1) in points
    assert Point("validation/cy", 0.7, 1) in points
    assert [point.name for point in points].count("train/loss") == 1
    assert not [point for point in points if point.name == "train/gradient_norm"]


def test_long_curves_are_thinned_but_keep_every_evaluation_and_the_end() -> None:
    steps = [replace(STEP, step=number) for number in range(1, 20 * MAX_POINTS)]
    steps[77] = replace(steps[77], validation={"cy": 0.5})
    losses = [point.step for point in curves(steps) if point.name == "train/loss"]
    assert len(losses) <= MAX_POINTS + 2
    assert losses[0] == 1 and losses[-1] == steps[-1].step
    assert Point("validation/cy", 0.5, 78) in curves(steps)


def test_the_identity_is_that_of_the_work() -> None:
    summary = make_summary()
    again = make_summary(run="20260202T000000-ffff")
    assert identity(again) == identity(summary)
    assert identity(make_summary(version="v3")) != identity(summary)
    stage = summary.stages[0].model_copy(update={"key": "f" * 16})
    assert identity(summary.model_copy(update={"stages": [stage]})) != identity(summary)


def test_tags() -> None:
    values = tags(make_summary(champion=None))
    assert values["alignment.verdict"] == "approved"
    assert values["alignment.version"] == "v2"
    assert "alignment.champion" not in values
    assert len(values[WORK]) == 64


def test_the_description_begins_with_what_was_refused() -> None:
    summary = make_summary("rejected", reason="below | the floor", version=None)
    lines = description(summary).splitlines()
    assert lines[0] == "**Rejected** against v1: nothing was deployed."
    assert lines[4] == r"| Finnish | heldout | 50.0 | 75.0 | refused: below \| the floor |"
    assert lines[5].startswith("| German |")


def test_the_description_of_many_languages_is_cut() -> None:
    summary = make_summary()
    finnish = summary.languages["fi"].model_copy(
        update={"suites": {f"s{number}": make_result(0.1, 0.2) for number in range(100)}}
    )
    text = description(summary.model_copy(update={"languages": {"fi": finnish}}))
    assert "60 more rows" in text
    assert len(text) < 8000
