"""`alignment gc`: everything that nothing refers to, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alignment.errors import ArtifactError
from alignment.files import write_json
from alignment.pipeline.cleanup import collect_garbage
from alignment.pipeline.upkeep import Removal, Retention, collect_workspace
from alignment.pipeline.workspace import Workspace
from alignment.store import Store
from alignment.types import Artifact
from tests.encoders import APPROVED, encoder_input
from tests.summaries import make_summary
from tests.support import run_here

MODEL = "quickstart"
NOW = Retention(runs=1, versions=1, days=0, deployed=True)


def build(store: Store, stage: str, value: str) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(value)
        return {}

    return store.build(stage, work, revision=1, config={"value": value}, inputs={})


def publish(workspace: Workspace, key: str, number: int) -> str:
    registry = workspace.registry(MODEL)
    champion = registry.champion()
    version = registry.publish(
        encoder_input(workspace.root / "encoders" / key, key),
        APPROVED,
        expected=champion.digest if champion else None,
        manifest={"train_key": key},
        card="# card",
    )
    assert version.name == f"v{number}"
    return version.name


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Five runs: the first three published v1 to v3, and the gate rejected the others."""
    workspace = Workspace(tmp_path)
    for number in range(1, 6):
        train = build(workspace.store, "train", f"train {number}")
        evaluate = build(workspace.store, "evaluate", f"evaluate {number}")
        version = publish(workspace, train.key, number) if number <= 3 else None
        name = f"2026010{number}T000000-abcd"
        summary = make_summary(run=name, version=version)
        record = summary.stages[0]
        stages = [record.model_copy(update={"key": key}) for key in (train.key, evaluate.key)]
        directory = tmp_path / "runs" / name
        directory.mkdir(parents=True)
        summary = summary.model_copy(update={"stages": stages})
        write_json(directory / "summary.json", summary.model_dump(mode="json"))
    return workspace


def contents(workspace: Workspace) -> dict[str, list[str]]:
    """What is left, by number of the run or the version."""
    store = workspace.store
    left = [path for path in store.artifacts() if path.parent.name in ("train", "evaluate")]
    texts = sorted((path / "f.txt").read_text() for path in left)
    runs = sorted(path.name[7] for path in workspace.runs.iterdir())
    return {"runs": runs, "artifacts": texts, "versions": workspace.registry(MODEL).names()}


def names(removals: list[Removal], kind: str) -> list[str]:
    (removal,) = [removal for removal in removals if removal.kind == kind]
    return removal.names


def test_what_a_version_refers_to_stays(workspace: Workspace) -> None:
    listed = collect_workspace(workspace, NOW)
    assert contents(workspace)["runs"] == ["1", "2", "3", "4", "5"], "it was a dry run"
    assert collect_workspace(workspace, NOW, dry_run=False) == listed
    assert names(listed, f"versions of {MODEL}") == ["v1"]
    assert contents(workspace) == {
        "runs": ["2", "3", "5"],
        "versions": ["v2", "v3"],
        # v3 is the champion and v2 the previous one; the fifth run is the newest.
        "artifacts": [
            *("evaluate 2", "evaluate 3", "evaluate 5"),
            *("train 2", "train 3", "train 5"),
        ],
    }
    assert collect_workspace(workspace, NOW, dry_run=False)[0].names == []


def test_a_version_that_stays_keeps_what_it_was_made_from(workspace: Workspace) -> None:
    """v1 was deployed once: somebody may go back to it, and ask where it came from."""
    collect_workspace(workspace, Retention(runs=1, versions=1, days=0), dry_run=False)
    left = contents(workspace)
    assert left["versions"] == ["v1", "v2", "v3"] and left["runs"] == ["1", "2", "3", "5"]
    assert "train 1" in left["artifacts"] and "evaluate 1" not in left["artifacts"]
    assert "train 4" not in left["artifacts"]


def test_what_is_young_stays(workspace: Workspace) -> None:
    retention = Retention(runs=1, versions=1, days=10**5, deployed=True)
    collect_workspace(workspace, retention, dry_run=False)
    left = contents(workspace)
    assert left["versions"] == ["v1", "v2", "v3"] and left["runs"] == ["1", "2", "3", "4", "5"]


def test_old_tracebacks_go(workspace: Workspace) -> None:
    errors = workspace.root / "errors"
    errors.mkdir()
    for name, days in (("old.txt", 40), ("young.txt", 20)):
        (errors / name).write_text("Traceback")
        then = time.time() - days * 86400
        os.utime(errors / name, (then, then))
    removals = collect_workspace(workspace, Retention(), dry_run=False)
    assert names(removals, "tracebacks") == ["old.txt"]
    assert [path.name for path in errors.iterdir()] == ["young.txt"]


def test_nothing_goes_while_a_run_is_in_progress(workspace: Workspace) -> None:
    before = contents(workspace)
    with workspace.exclusive(MODEL), pytest.raises(ArtifactError, match="a run of 'quickstart'"):
        collect_workspace(workspace, NOW, dry_run=False)
    assert contents(workspace) == before


def test_store_gc_knows_the_champion(workspace: Workspace) -> None:
    """After a week of rejections the champion's run is none of the last."""
    collect_garbage(workspace, keep_runs=0)
    assert {"train 3", "evaluate 3", "train 1"} <= set(contents(workspace)["artifacts"])


def test_the_command_lists_first(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--keep", 1, "--keep-versions", 1, "--older-than", 0, "--deployed")
    assert run_here("gc", *options, workspace=workspace.root) == 0
    output = capsys.readouterr().out
    assert "versions of quickstart: 1 would be deleted" in output and "  v1" in output
    assert "Add --delete to delete it." in output
    assert contents(workspace)["versions"] == ["v1", "v2", "v3"]
    assert run_here("gc", *options, "--delete", workspace=workspace.root) == 0
    assert "run records: 2 deleted" in capsys.readouterr().out
    assert contents(workspace)["versions"] == ["v2", "v3"]
