"""Bad models in a real run: each is refused for the right reason, and the champion stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from alignment import layout
from alignment.registry import Registry
from alignment.registry.attempts import ATTEMPTS, read_attempts
from alignment.store import Store
from tests import planted
from tests.planted import Plant, PlantingRunner
from tests.support import SMOKE, run_here

pytestmark = pytest.mark.slow
REJECTED = 3


@pytest.fixture(scope="module")
def workspace(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished workspace, in which `v1` is deployed."""
    path = tmp_path_factory.mktemp("planted") / "w"
    shutil.copytree(finished, path, symlinks=True)
    return path


def last_summary(workspace: Path) -> dict[str, Any]:
    # By time: the names of two runs that began in the same second have no order.
    files = (workspace / "runs").glob("[!.]*/summary.json")
    last = max(files, key=lambda path: path.stat().st_mtime_ns)
    content: dict[str, Any] = json.loads(last.read_text())
    return content


def run_planted(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, stage: str, name: str, plant: Plant
) -> dict[str, dict[str, str]]:
    """Run with a planted artifact; the reasons of the rules that failed, by language."""
    before = tree(workspace / "registry" / "smoke")
    runner = PlantingRunner(Store(workspace / "store"), stage, name, plant)
    monkeypatch.setattr("alignment.cli.runner.ConsoleRunner", lambda *_: runner)
    assert run_here("run", SMOKE, workspace=workspace) == REJECTED
    assert tree(workspace / "registry" / "smoke") == before
    champion = Registry(workspace / "registry", "smoke").champion()
    assert champion is not None and champion.name == "v1"
    champion.verify()
    failed: dict[str, dict[str, str]] = {}
    for code, language in last_summary(workspace)["languages"].items():
        for rule in language["suites"]["heldout"]["rules"]:
            if not rule["passed"]:
                failed.setdefault(code, {})[rule["name"]] = rule["reason"]
    return failed


def tree(registry: Path) -> dict[str, int]:
    """Files with their times, without the record of the attempts."""
    files = [path for path in registry.rglob("*") if path.is_file()]
    return {
        path.relative_to(registry).as_posix(): path.stat().st_mtime_ns
        for path in files
        if path.name not in (ATTEMPTS, ".lock")
    }


def test_a_collapsed_encoder(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = run_planted(workspace, monkeypatch, "train", "collapsed", planted.collapsed)
    assert set(failed) == {"es", "ru", "ja"}
    assert "the encoder has collapsed" in failed["es"]["distinct"]


def test_two_languages_swapped(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = planted.two_languages_swapped
    failed = run_planted(workspace, monkeypatch, "train", "swapped", swapped)
    assert set(failed) == {"ru", "ja"}
    assert failed["ru"]["not_worse"].startswith("worse than v1 by more than 1 point")
    assert failed["ja"]["not_worse"].startswith("worse than v1 by more than 1 point")


def test_vectors_that_are_not_finite(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = run_planted(workspace, monkeypatch, "train", "nan", planted.not_finite)
    assert "pairs are NaN or infinite" in failed["ru"]["finite"]
    assert set(failed) == {"ru"}


def test_a_shuffled_vocabulary(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled = planted.shuffled_vocabulary
    failed = run_planted(workspace, monkeypatch, "train", "shuffled", shuffled)
    for code in ("es", "ru", "ja"):
        assert "is below the floor 60.0%" in failed[code]["floor"]
        assert "worse than v1" in failed[code]["not_worse"]


def test_one_that_only_knows_lengths(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = run_planted(workspace, monkeypatch, "train", "length", planted.only_length)
    for code in ("es", "ru", "ja"):
        assert "worse than v1" in failed[code]["not_worse"]
        assert "distinct" not in failed[code]


def test_one_that_was_trained_on_a_suite(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (suite,) = workspace.glob(f"store/holdout/*/{layout.suite_file('heldout', 'ja')}")
    plant = planted.trained_on_the_suite(suite)
    failed = run_planted(workspace, monkeypatch, "triplets", "suite", plant)
    assert failed["ja"]["contamination"].startswith("trained on ")
    assert "sentences of the suite heldout" in failed["ja"]["contamination"]


def test_the_attempts_are_counted(workspace: Path) -> None:
    """All of the above were compared with `v1` on the same suites."""
    attempts, _ = read_attempts(workspace / "registry" / "smoke" / ATTEMPTS)
    against_v1 = [attempt for attempt in attempts if attempt.reference != attempts[0].reference]
    assert len(against_v1) == 6
    assert last_summary(workspace)["trial"]["attempt"] == 6


def test_one_can_be_deployed_by_name_and_reason(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promote = ("registry", "promote", "smoke", last_summary(workspace)["run"])
    assert run_here(*promote, workspace=workspace) == 1
    override = ("--override", "--reason", "a test of the alarm", "--by", "ana")
    assert run_here(*promote, *override, workspace=workspace) == 0
    assert run_here("registry", "list", workspace=workspace) == 0
    printed = capsys.readouterr().out
    assert "v2 is now the champion" in printed
    assert "by ana: a test of the alarm" in printed
    assert run_here("registry", "rollback", "smoke", workspace=workspace) == 0
    assert run_here("run", SMOKE, workspace=workspace) == 0
    (line,) = last_summary(workspace)["overrides"]
    assert line.startswith("v2 on ") and line.endswith("by ana: a test of the alarm")


def test_the_deployed_model_is_still_approved(workspace: Path) -> None:
    assert run_here("run", SMOKE, workspace=workspace) == 0
    summary = last_summary(workspace)
    assert (summary["version"], summary["trial"]["attempt"]) == ("v1", 1)
