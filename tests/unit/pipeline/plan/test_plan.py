import logging
import shutil
from pathlib import Path

import pytest

from alignment import memory
from alignment.pipeline.plan import has_gaps, make_plan, plan, warn_before_run
from alignment.pipeline.workspace import Workspace
from tests.unit.pipeline.plan.planning import add_pull, add_run, config

GIB = 2**30


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def test_rows_follow_the_stages(tmp_path: Path, workspace: Workspace) -> None:
    settings = config(tmp_path, "holdout.share=0.2")
    for language in ("fi", "cy"):
        add_pull(workspace, settings, language, 99_500, 500)
    result = make_plan(settings, workspace)
    assert result.stages["pull"].units == 200_000
    assert result.languages["fi"].clean_pairs == 68_000  # 0.8 are trained on, 0.85 of them kept
    assert result.triplets == 4 * 68_000
    assert result.tokens == 2 * 2 * 68_000 * 25
    assert 0 < result.batch_tokens <= settings.train.batch_tokens
    assert result.stages["train"].units == settings.train.steps
    assert not result.has_unknown_rows
    assert result.warnings == []
    assert result.seconds > sum(stage.seconds or 0 for stage in result.stages.values()) - 1
    assert result.stages["pull"].source == "default"


def test_rates_of_an_earlier_run_replace_the_defaults(tmp_path: Path, workspace: Workspace) -> None:
    settings = config(tmp_path)
    key = add_pull(workspace, settings, "fi", 70, 30)
    run = add_run(workspace, settings, {"pull": key})
    pull = make_plan(settings, workspace).stages["pull"]
    assert pull.source == run
    assert pull.seconds == pytest.approx(0.03 * pull.units)
    assert pull.bytes


def test_unknown_rows_are_said(tmp_path: Path, workspace: Workspace) -> None:
    result = make_plan(config(tmp_path), workspace)
    assert result.has_unknown_rows
    (warning,) = result.warnings
    assert "django (fi, cy) is unknown" in warning
    assert "max_pairs" in warning


def test_too_little_memory_is_a_warning_before_the_run(
    tmp_path: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(plan, "_has_gpu", lambda: False)
    monkeypatch.setattr(memory, "available_bytes", lambda: 8 * GIB)
    settings = config(tmp_path, "train.batch_tokens=65536")
    with caplog.at_level(logging.WARNING):
        warn_before_run(settings, workspace)
    assert "GiB of memory and 8.0 GiB are free: lower train.batch_tokens" in caplog.text
    assert "unknown" not in caplog.text  # the run will fetch it
    caplog.clear()
    warn_before_run(config(tmp_path), workspace)
    assert not caplog.records


def test_too_little_disk(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**6))
    (warning, _) = make_plan(config(tmp_path), workspace).warnings
    assert "GiB of disk are free: choose another --workspace" in warning


def test_more_triplets_than_training_takes(tmp_path: Path, workspace: Workspace) -> None:
    largest = "corpora.1.max_pairs=200000000"
    assert make_plan(config(tmp_path, largest), workspace).triplets < 2**31 // 3
    larger = make_plan(config(tmp_path, "corpora.1.max_pairs=300000000"), workspace)
    assert any(f"training takes at most {2**31 // 3:,}" in text for text in larger.warnings)


def test_an_estimate_never_stops_a_run(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("manifest")

    monkeypatch.setattr(plan, "make_plan", broken)
    warn_before_run(config(tmp_path), workspace)


def test_gaps_are_closed_by_pulling(tmp_path: Path, workspace: Workspace) -> None:
    settings = config(tmp_path)
    assert has_gaps(settings, workspace)
    for language in ("fi", "cy"):
        add_pull(workspace, settings, language, 80, 20)
    assert not has_gaps(settings, workspace)
    hub = f"encoder={{source: hub, model: a/b, revision: {'a' * 40}}}"
    assert has_gaps(config(tmp_path, hub), workspace)


def test_without_an_estimate_there_is_no_gap(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("manifest")

    monkeypatch.setattr(plan, "encoder_shape", broken)
    assert not has_gaps(config(tmp_path), workspace)


def test_an_encoder_of_unknown_size(tmp_path: Path, workspace: Workspace) -> None:
    hub = f"encoder={{source: hub, model: a/b, revision: {'a' * 40}}}"
    result = make_plan(config(tmp_path, hub), workspace)
    assert result.memory is None
    assert result.stages["train"].seconds is None


def test_averaging_is_planned_where_it_is_configured(tmp_path: Path, workspace: Workspace) -> None:
    averaged = make_plan(config(tmp_path, "train.average_with_base=auto"), workspace)
    assert averaged.stages["average"].units == 1
    assert "average" not in make_plan(config(tmp_path), workspace).stages


def test_graphs_are_planned_where_they_are_published(tmp_path: Path, workspace: Workspace) -> None:
    asked = make_plan(config(tmp_path, "publish.onnx=true"), workspace).stages
    assert asked["onnx"].units == 1
    assert asked["evaluate_onnx"].units == asked["evaluate"].units
    assert not {"onnx", "evaluate_onnx"} & set(make_plan(config(tmp_path), workspace).stages)
