"""`gate.approval: manual` on the tiny corpus: what waits, and what becomes of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment.config import Config, load_config
from alignment.errors import Busy
from alignment.pipeline.approval import Pending, decide, is_waiting
from alignment.pipeline.history import last_run
from alignment.pipeline.run import Outcome, run_pipeline
from alignment.pipeline.workspace import Workspace
from alignment.registry import Decision, declined
from tests.encoders import publish_contents
from tests.support import SMOKE, run_here

ANA = Decision("reads well", "ana")
MANUAL = "gate.approval=manual"


@pytest.fixture(scope="module")
def waiting(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which `v1` waits for approval and nothing is deployed."""
    path = tmp_path_factory.mktemp("waiting") / "w"
    shutil.copytree(finished, path, symlinks=True)
    shutil.rmtree(path / "registry")
    assert run_here("run", SMOKE, "--set", MANUAL, workspace=path) == 4
    return path


@pytest.fixture
def place(waiting: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(waiting, tmp_path / "w", symlinks=True)
    return Workspace(tmp_path / "w")


def pending_of(place: Workspace) -> Pending:
    summary = last_run(place.root).summary
    assert summary.version is not None
    return Pending("smoke", summary.version, summary.run, summary.reference, expected=None)


def manual(*overrides: str) -> Config:
    return load_config(SMOKE, [MANUAL, *overrides])


def rerun(place: Workspace, *overrides: str) -> Outcome:
    return run_pipeline(manual(*overrides), place)


def test_the_run_says_what_to_type(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("run", SMOKE, "--set", MANUAL, workspace=place.root) == 4
    printed = capsys.readouterr().out
    assert "v1 waits for approval." in printed
    last = printed.replace("\n", " ").split("To deploy it: ")[1]
    command = f"alignment registry promote smoke v1 --workspace {place.root}"
    assert last.startswith(f'{command} --by NAME --reason "..."')
    assert place.registry("smoke").champion() is None
    words = [*command.split()[1:5], "--by", "ana", "--reason", "good"]
    assert run_here(*words, workspace=place.root) == 0
    assert place.registry("smoke").history()[-1].get("by") == "ana"
    assert run_here("run", SMOKE, "--set", MANUAL, workspace=place.root) == 0, "it is deployed"


def test_the_verdict_does_not_depend_on_who_deploys(place: Workspace, finished: Path) -> None:
    def key(root: Path) -> str:
        stages = last_run(root).summary.stages
        return next(stage.key for stage in stages if stage.stage == "gate")

    assert key(place.root) == key(finished)


def test_an_approval_deploys(place: Workspace) -> None:
    decided = decide(place, manual(), pending_of(place), ANA, wanted=True)
    assert (decided.end, decided.champion) == ("approved", "v1")
    assert decided.message == "v1 is deployed, approved by ana: reads well"
    again = decide(place, manual(), pending_of(place), ANA, wanted=True)
    assert again.end == "approved" and len(place.registry("smoke").history()) == 1


def test_nobody_is_asked_again_about_a_declined_version(place: Workspace) -> None:
    decided = decide(place, manual(), pending_of(place), ANA, wanted=False)
    assert (decided.end, decided.champion) == ("declined", None)
    assert declined(place.registry("smoke"), "v1") is not None
    outcome = rerun(place)
    assert outcome.version is not None and not outcome.waiting


def test_nobody_is_asked_again_after_a_rollback(place: Workspace) -> None:
    registry = place.registry("smoke")
    publish_contents(registry, "other")
    registry.promote("v1")
    registry.rollback()
    assert not is_waiting(manual(), registry, registry.get("v1"))
    assert not is_waiting(load_config(SMOKE), registry, registry.get("v1"))
    assert not is_waiting(manual("deploy=false"), registry, registry.get("v1"))


def test_a_verdict_against_another_champion_is_not_used(place: Workspace) -> None:
    publish_contents(place.registry("smoke"), "other")
    decided = decide(place, manual(), pending_of(place), ANA, wanted=True)
    assert (decided.end, decided.champion) == ("outdated", "v2")
    assert "v2 is deployed now, but the gate compared v1 with the base encoder" in decided.message


def test_a_gate_that_asks_for_more_now_refuses(place: Workspace) -> None:
    decided = decide(place, manual("gate.floor=0.999"), pending_of(place), ANA, wanted=True)
    assert (decided.end, decided.champion) == ("refused", None)
    assert "it would refuse v1 because of" in decided.message


def test_deleted_outcomes_matter_only_if_the_gate_has_changed(place: Workspace) -> None:
    shutil.rmtree(place.store.root / "evaluate")
    decided = decide(place, manual("gate.floor=0.999"), pending_of(place), ANA, wanted=True)
    assert decided.end == "outdated" and "start a new run" in decided.message
    decided = decide(place, manual(), pending_of(place), ANA, wanted=True)
    assert decided.end == "approved"


def test_a_decision_waits_for_the_run_in_progress(place: Workspace) -> None:
    other = Workspace(place.root)
    with other.exclusive("smoke"), pytest.raises(Busy):
        decide(place, manual(), pending_of(place), ANA, wanted=True)
    assert place.registry("smoke").champion() is None


@pytest.mark.slow
def test_a_fresh_run_builds_the_same_once_more(
    finished: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    outcome = run_pipeline(load_config(SMOKE), Workspace(tmp_path / "w", fresh=True))
    assert [stage.stage for stage in outcome.summary.stages if stage.reused] == []
    assert outcome.version is not None and outcome.version.name == "v1", "the model is another one"
    differing = [line for line in caplog.messages if "gave other files" in line]
    # The curves have the seconds of each step.
    assert [line.rpartition(": ")[2] for line in differing] == ["curves.jsonl"]


def test_another_model_is_left_alone(place: Workspace) -> None:
    decided = decide(place, manual("name=other"), pending_of(place), ANA, wanted=True)
    assert decided.end == "outdated" and "'other'" in decided.message
