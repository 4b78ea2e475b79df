"""Publishing, deploying, a stage and the record of a run, cut short at every file operation.

Each is killed before each of its operations, in the middle of each write, and by a power cut that
loses half of every file that was not flushed. Then nothing half-written is visible, the champion is
whole, and the same command works.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from alignment.config import parse_config
from alignment.errors import AlignmentError
from alignment.pipeline.history import find_run, run_names
from alignment.pipeline.record import write_record
from alignment.pipeline.workspace import Workspace
from alignment.registry import (
    Override,
    Registry,
    Rules,
    collect_versions,
    find_damage,
    repair,
)
from alignment.registry.attempts import ATTEMPTS, Attempt, read_attempts, record_attempt
from alignment.store import Store, load_artifact, verify, verify_all
from alignment.types import Artifact
from tests.encoders import APPROVED, encoder_input, input_of, publish_contents
from tests.faulty_disk import FaultyDisk, Operation, no_fsync
from tests.summaries import make_summary

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""
Step = Callable[[Path], None]


class Scenario(NamedTuple):
    """Something that is cut short; each step gets the same directory."""

    prepare: Step
    act: Step
    holds: Step
    """Asserts what must be so at any time."""
    done: Step
    """Asserts what must be so after `act`."""


class Cut(NamedTuple):
    """Where and how the process ended."""

    operation: int
    how: str


def cuts(operations: list[Operation]) -> Iterator[Cut]:
    for number, operation in enumerate(operations):
        yield Cut(number, "killed")
        if operation.unsynced:
            yield Cut(number, "power")
        if operation.text == "write":
            yield Cut(number, "torn")


def registry_in(root: Path) -> Registry:
    return Registry(root / "registry", "demo")


def one_version(root: Path) -> None:
    publish_contents(registry_in(root), "a")
    encoder_input(root / "new", "d")


def three_versions(root: Path) -> None:
    publish_contents(registry_in(root), "a", "b", "c")


def publish(root: Path) -> None:
    registry = registry_in(root)
    champion = registry.champion()
    expected = champion.digest if champion else None
    registry.publish(input_of(root / "new"), APPROVED, expected=expected, manifest={}, card="# new")


def promote(root: Path) -> None:
    registry_in(root).promote("v1")


def override(root: Path) -> None:
    registry_in(root).promote("v1", Override("urgent", "ana"))


def two_attempts(root: Path) -> None:
    for candidate in ("a", "b"):
        attempt = Attempt("v1", candidate, {"fi/heldout": "d"}, ("fi/heldout",), time="now")
        record_attempt(registry_in(root).root, attempt)


def two_rollbacks(root: Path) -> None:
    registry = registry_in(root)
    while (champion := registry.champion()) is not None and champion.name != "v1":
        registry.rollback()


def one_encoder(root: Path) -> None:
    encoder_input(root / "new", "d")


def repair_registry(root: Path) -> None:
    repair(registry_in(root))


def build_demo(root: Path) -> None:
    build(root)


def with_challengers(root: Path) -> None:
    three_versions(root)
    publish_contents(registry_in(root), "d", "e", deploy=False)


def delete_versions(root: Path) -> None:
    collect_versions(registry_in(root), Rules(keep=1, older_than_days=0, deployed=True))


def deleted(root: Path) -> None:
    champion_is("v3")(root)
    assert registry_in(root).names() == ["v2", "v3", "v5"]
    publish_contents(registry_in(root), "new")
    assert registry_in(root).names()[-1] == "v6"


def with_damage(root: Path) -> None:
    three_versions(root)
    registry = registry_in(root)
    (registry.root / "v3" / "config.json").write_text("?")
    with (registry.root / "history.jsonl").open("a") as file:
        file.write('{"torn')


def champion_is(*allowed: str | None) -> Step:
    def check(root: Path) -> None:
        registry = registry_in(root)
        champion = registry.champion()
        assert (champion.name if champion else None) in allowed
        assert find_damage(registry) == []
        for version in registry.versions():
            assert registry.rolled_back(version) <= (champion != version)

    return check


def rolled_back_to_v1(root: Path) -> None:
    champion_is("v1")(root)
    registry = registry_in(root)
    assert registry.rolled_back(registry.get("v2"))
    assert registry.rolled_back(registry.get("v3"))


def history_is_readable(root: Path) -> None:
    assert registry_in(root).read_history().moves


def attempts_are(*allowed: int) -> Step:
    def check(root: Path) -> None:
        attempts, damaged = read_attempts(registry_in(root).root / ATTEMPTS)
        assert len(attempts) in allowed
        assert damaged == []

    return check


def build(root: Path) -> Artifact:
    def work(out: Path) -> dict[str, int]:
        (out / "model").mkdir()
        (out / "model" / "weights").write_bytes(b"weights" * 100)
        (out / "log.txt").write_text("done")
        return {"rows": 7}

    store = Store(root / "store")
    return store.build("demo", work, revision=1, config={}, inputs={}, label="fi")


def damaged_artifact(root: Path) -> None:
    artifact = build(root)
    (artifact.path / "log.txt").write_text("gone")


def artifact_is_whole_or_absent(root: Path) -> None:
    for path in root.glob("store/demo/*"):
        verify(load_artifact(path))


def artifact_is_reused(root: Path) -> None:
    assert [checked.problem for checked in verify_all(Store(root / "store"))] == [None]
    assert build(root).reused
    assert not list((root / "store" / "tmp").iterdir())


def record(root: Path) -> None:
    page = Artifact("report", "", "k", root / "page", {}, {}, 0.0, "d")
    config = parse_config(CONFIG, base=root)
    name = f"run{len(run_names(root))}"  # every run has its own
    summary = make_summary("approved", run=name)
    write_record(Workspace(root), config, summary, page)


def with_a_page(root: Path) -> None:
    (root / "page").mkdir()
    (root / "page" / "report.html").write_text("<html>")
    Workspace(root)


def every_run_is_readable(root: Path) -> None:
    for name in run_names(root):
        directory = find_run(root, name).directory
        assert (directory / "report.html").read_text() == "<html>"


def nothing(root: Path) -> None:
    pass


SCENARIOS = {
    "first publish": Scenario(one_encoder, publish, champion_is(None, "v1"), champion_is("v1")),
    "publish": Scenario(one_version, publish, champion_is("v1", "v2"), champion_is("v2")),
    "promote": Scenario(three_versions, promote, champion_is("v3", "v1"), champion_is("v1")),
    "override": Scenario(three_versions, override, champion_is("v3", "v1"), champion_is("v1")),
    "gc": Scenario(with_challengers, delete_versions, champion_is("v3"), deleted),
    "attempts": Scenario(one_version, two_attempts, attempts_are(0, 1, 2), attempts_are(2)),
    "rollback": Scenario(
        three_versions, two_rollbacks, champion_is("v3", "v2", "v1"), rolled_back_to_v1
    ),
    "repair": Scenario(with_damage, repair_registry, history_is_readable, champion_is("v2")),
    "build": Scenario(nothing, build_demo, artifact_is_whole_or_absent, artifact_is_reused),
    "build again": Scenario(damaged_artifact, build_demo, nothing, artifact_is_reused),
    "record": Scenario(with_a_page, record, every_run_is_readable, every_run_is_readable),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_cut_short_at_every_operation(scenario: Scenario, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    with no_fsync():
        scenario.prepare(before)
    whole = _copy(tmp_path, "whole")
    disk = FaultyDisk()
    assert disk.run(functools.partial(scenario.act, whole))
    scenario.done(whole)
    assert len(disk.operations) > 5
    for cut in cuts(disk.operations):
        root = _copy(tmp_path, f"{cut.operation}-{cut.how}")
        faulty = FaultyDisk(cut.operation, torn=cut.how == "torn")
        with no_fsync():
            assert not faulty.run(functools.partial(scenario.act, root))
            if cut.how == "power":
                faulty.cut_power(root)
            what = f"{cut} before {disk.operations[cut.operation].text}"
            _hold(scenario.holds, root, what)
            scenario.act(root)
            _hold(scenario.done, root, what)
        shutil.rmtree(root)


@pytest.mark.parametrize("name", ["publish", "build", "record"])
def test_a_disk_that_is_full_from_some_operation_on(name: str, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    before = tmp_path / "before"
    before.mkdir()
    with no_fsync():
        scenario.prepare(before)
    disk = FaultyDisk()
    disk.run(functools.partial(scenario.act, _copy(tmp_path, "whole")))
    for number, operation in enumerate(disk.operations):
        if operation.text.startswith(("unlink", "rmdir", "replace", "chmod")):
            continue
        root = _copy(tmp_path, str(number))
        full = FaultyDisk(number, full=True)
        with no_fsync():
            what = f"full at {number}: {operation.text}"
            with pytest.raises(AlignmentError, match=r"(?i)disk is full|no space left"):
                full.run(functools.partial(scenario.act, root))
            _hold(scenario.holds, root, what)
            assert _temporary_files(root) == [], what
            scenario.act(root)
            _hold(scenario.done, root, what)
        shutil.rmtree(root)


def _temporary_files(root: Path) -> list[Path]:
    """What an unfinished write would leave."""
    hidden = [path for path in root.rglob(".*") if path.name != ".lock"]
    return [*hidden, *root.glob("store/tmp/*")]


def _hold(check: Step, root: Path, what: str) -> None:
    """Name the cut if the check fails."""
    try:
        check(root)
    except Exception as error:
        error.add_note(what)
        raise


def _copy(directory: Path, name: str) -> Path:
    """A fresh copy of the prepared directory."""
    return Path(shutil.copytree(directory / "before", directory / name, symlinks=True))
