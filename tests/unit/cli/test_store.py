"""`alignment store`: checking and deleting stored results."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.files import write_json
from alignment.store import Store
from alignment.types import Artifact
from tests.summaries import make_summary
from tests.support import run_here


def build(workspace: Path, value: int) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(f"{value}")
        return {}

    store = Store(workspace / "store")
    return store.build("clean", work, revision=1, config={"value": value}, inputs={})


def record_run(workspace: Path, name: str, artifact: Artifact) -> None:
    summary = make_summary(run=name)
    record = summary.stages[0].model_copy(update={"key": artifact.key})
    summary = summary.model_copy(update={"stages": [record]})
    directory = workspace / "runs" / name
    directory.mkdir(parents=True)
    write_json(directory / "summary.json", summary.model_dump(mode="json"))


def test_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifact = build(tmp_path, 1)
    assert run_here("store", "verify", workspace=tmp_path) == 0
    assert "1 artifacts, 0 damaged." in capsys.readouterr().out
    (artifact.path / "f.txt").write_text("2")
    assert run_here("store", "verify", workspace=tmp_path) == 1
    output = capsys.readouterr().out
    assert "f.txt: got sha256" in output and "builds the damaged ones again" in output


def test_gc_keeps_what_recent_runs_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    artifacts = [build(tmp_path, value) for value in range(4)]
    for number in range(2):
        record_run(tmp_path, f"2026010{number}T000000-abcd", artifacts[number])
    assert run_here("store", "gc", "--keep-runs", 1, "--dry-run", workspace=tmp_path) == 0
    output = capsys.readouterr().out
    assert "2 files and directories would be deleted" in output
    assert artifacts[0].key in output and artifacts[2].key in output
    assert run_here("store", "gc", "--keep-runs", 1, workspace=tmp_path) == 0
    assert [artifact.path.exists() for artifact in artifacts] == [False, True, False, True]
    assert run_here("store", "gc", "--keep-runs", 0, workspace=tmp_path) == 0
    assert [artifact.path.exists() for artifact in artifacts] == [False, False, False, True]


def test_gc_with_a_damaged_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record_run(tmp_path, "20260101T000000-abcd", build(tmp_path, 1))
    (tmp_path / "runs" / "20260101T000000-abcd" / "summary.json").write_text("{")
    assert run_here("store", "gc", workspace=tmp_path) == 0
    assert "its artifacts are not kept" in capsys.readouterr().err
