"""`alignment gate replay` on a finished run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment.errors import ConfigError, Corrupt, Missing
from alignment.manifests import read_manifest, write_manifest
from alignment.pipeline.replay import replay
from alignment.pipeline.workspace import Workspace
from alignment.types import Approved, Rejected
from tests.support import run_here


@pytest.fixture
def workspace(finished: Path) -> Workspace:
    return Workspace(finished)


def test_the_same_rules_decide_the_same(workspace: Workspace) -> None:
    again = replay(workspace, "")
    assert again.verdict == again.recorded
    assert isinstance(again.verdict, Approved)
    assert again.changed() == []


def test_other_rules_decide_anew(workspace: Workspace) -> None:
    again = replay(workspace, "", ["languages.ja.gate.floor=0.99"])
    assert isinstance(again.verdict, Rejected)
    ((before, after),) = again.changed()
    assert (before.language, before.passed, after.passed) == ("ja", True, False)
    assert "below the floor 99.0%" in after.reason
    assert again.summary.verdict == "rejected"


@pytest.mark.parametrize("override", ["train.steps=3", "languages.ja.clean.filters=[]", "seed=1"])
def test_only_the_gate_can_change(workspace: Workspace, override: str) -> None:
    with pytest.raises(ConfigError, match="only the gate's settings can change") as caught:
        replay(workspace, "", [override])
    assert override in str(caught.value.where)


@pytest.mark.parametrize("override", ["gate.margin=2", "gate.margins=0.1", "gate", "gate.alpha=["])
def test_mistakes_are_named(workspace: Workspace, override: str) -> None:
    with pytest.raises(ConfigError, match=r"--set"):
        replay(workspace, "", [override])


def test_an_unknown_run(workspace: Workspace) -> None:
    with pytest.raises(Missing, match="no run starts with '1999'"):
        replay(workspace, "1999")


def test_the_command_line(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("gate", "replay", workspace=finished) == 0
    assert "Every language and suite is decided as before" in capsys.readouterr().out
    strict = ("gate", "replay", "--set", "gate.underpowered=refuse")
    assert run_here(*strict, workspace=finished) == 3
    printed = capsys.readouterr().out
    assert "recorded as approved, with these rules rejected" in printed
    assert "Spanish, heldout: is refused now (24 pairs are too few to judge" in printed


@pytest.mark.parametrize("damaged", [{}, {"against": 5}, {"against": "base", "refused": [1]}])
def test_a_damaged_manifest_is_named(
    finished: Path, tmp_path: Path, damaged: dict[str, object]
) -> None:
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    (path,) = (tmp_path / "w").glob("store/gate/*/manifest.json")
    manifest = read_manifest(path.parent)
    write_manifest(path.parent, {**manifest, "config": damaged})
    with pytest.raises(Corrupt, match=r"the manifest is damaged: config\.(against|refused)"):
        replay(Workspace(tmp_path / "w"), "")
