"""The smoke pipeline on a cluster of three groups of processes: `make test-scale`."""

from __future__ import annotations

import functools
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.config import load_config
from alignment.config.runner import RunnerSettings
from alignment.errors import EmptyCorpus, WorkerLost
from alignment.pipeline.cluster.connection import connected
from alignment.pipeline.cluster.runner import ATTEMPTS, RayRunner
from alignment.pipeline.run import Outcome, run_pipeline
from alignment.pipeline.workspace import Workspace, open_workspace
from alignment.types import Approved
from tests.scale import sabotage
from tests.scale.cluster import Cluster, free_port, running_cluster
from tests.support import ROOT, SMOKE, import_path

pytestmark = [pytest.mark.scale, pytest.mark.timeout(900)]
TIMED = {"report", "train/curves.jsonl"}
"""What has the time of day or of work in it: whole stages, or one file of a stage."""


def settings(cluster: Cluster, memory: float = 1.0) -> RunnerSettings:
    return RunnerSettings(kind="ray", address=cluster.address, memory_per_task=memory)


def options(cluster: Cluster) -> list[str]:
    chosen = {"kind": "ray", "address": cluster.address, "memory_per_task": "1.0"}
    return [word for name, value in chosen.items() for word in ("--set", f"runner.{name}={value}")]


def command(module: str, *words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": import_path(), "CI": "true", "COLUMNS": "160"},
        timeout=300,
        check=False,
    )


def contents(workspace: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """sha256 of each file by stage, language and key of its artifact."""
    artifacts = {}
    for path in workspace.glob("store/*/*/manifest.json"):
        manifest = json.loads(path.read_text())
        if manifest["stage"] in TIMED:
            continue
        files = {}
        for name, digest in manifest["files"].items():
            if f"{manifest['stage']}/{name}" not in TIMED:
                files[name] = digest
        artifacts[manifest["stage"], manifest["label"], manifest["key"]] = files
    return artifacts


def check_same(workspace: Path, alone: Path) -> None:
    """Every artifact and the verdict are those of one machine, and nothing is left behind."""
    expected = contents(alone)
    assert len(expected) > 20
    assert contents(workspace) == expected
    for name in ("verdict", "version", "languages"):
        assert summary(workspace)[name] == summary(alone)[name]
    assert not list(workspace.glob(".seen-by-workers-*"))


def summary(workspace: Path) -> dict[str, object]:
    (path,) = workspace.glob("runs/*/summary.json")
    document: dict[str, object] = json.loads(path.read_text())
    return document


def sabotaged(
    cluster: Cluster, workspace: Path, victims: dict[tuple[str, str], Callable[[], None]]
) -> Outcome:
    flags = workspace.parent / "flags"
    flags.mkdir()
    place = Workspace(workspace)
    config = load_config(SMOKE)
    with connected(settings(cluster), place.root) as mark:
        assert mark is not None
        runner = sabotage.Saboteur(settings(cluster), mark, flags, victims)
        outcome = run_pipeline(config, place, runner)
    assert len(list(flags.iterdir())) == len(victims), "a worker was not killed"
    return outcome


def test_digests_and_verdict_are_those_of_one_machine(
    cluster: Cluster, workspace: Path, finished: Path
) -> None:
    done = command("alignment", "run", SMOKE, "--workspace", workspace, *options(cluster))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "v1 is deployed" in done.stdout
    assert "clean                3 languages" in done.stdout
    assert "kept" not in done.stderr, "lines of the log that were not asked for"
    check_same(workspace, finished)


def test_a_workspace_that_machines_share(
    cluster: Cluster, tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each machine takes what others have built, and so does the driver."""
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "cache"))
    shared = tmp_path / "shared"
    shared.mkdir()
    place = open_workspace(f"file://{shared}")
    with connected(settings(cluster), None):
        runner = sabotage.Elsewhere(settings(cluster), None, place.store.localized)
        outcome = run_pipeline(load_config(SMOKE), place, runner)
    assert isinstance(outcome.verdict, Approved)
    assert contents(place.root) == contents(finished)


def test_a_worker_is_killed_in_cleaning_and_one_in_embedding(
    cluster: Cluster, workspace: Path, finished: Path, caplog: pytest.LogCaptureFixture
) -> None:
    victims = {
        ("clean", "es"): sabotage.kill_process,
        ("embed", "ru"): sabotage.kill_process,
    }
    with caplog.at_level(logging.WARNING, logger="alignment"):
        outcome = sabotaged(cluster, workspace, victims)
    assert isinstance(outcome.verdict, Approved)
    for place in ("clean of es", "embed of ru"):
        assert f"the worker of {place} was lost on" in caplog.text
    check_same(workspace, finished)


def test_a_whole_machine_is_lost_in_mining(
    cluster: Cluster, workspace: Path, finished: Path
) -> None:
    try:
        outcome = sabotaged(cluster, workspace, {("mine", "ja"): sabotage.kill_machine})
    finally:
        cluster.replace_lost()
    assert isinstance(outcome.verdict, Approved)
    check_same(workspace, finished)


def test_the_prefect_flow_runs_on_it(
    cluster: Cluster, workspace: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNMENT_WORKSPACE", str(workspace))
    monkeypatch.setenv("HOME", str(workspace.parent / "user"))
    done = command("flows.align", SMOKE, "--workspace", workspace, *options(cluster))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Task run 'embed ja' - Finished in state Completed" in done.stderr + done.stdout
    check_same(workspace, finished)


def test_a_poisonous_task_ends_after_its_attempts(cluster: Cluster, workspace: Path) -> None:
    with connected(settings(cluster), workspace) as mark:
        runner = RayRunner(settings(cluster), mark)
        with pytest.raises(WorkerLost) as caught:
            runner.map("clean", {"cy": sabotage.kill_process})
    message = str(caught.value)
    assert "the worker of clean of cy was lost on" in message
    assert os.uname().nodename in message
    assert f"attempt {ATTEMPTS} of {ATTEMPTS}" in message
    assert "Traceback" not in message and len(message.splitlines()) == 2


def test_an_error_of_a_stage_comes_back_as_itself(cluster: Cluster, workspace: Path) -> None:
    with connected(settings(cluster), workspace) as mark, pytest.raises(EmptyCorpus) as caught:
        RayRunner(settings(cluster), mark).map("clean", {"cy": sabotage.refuse})
    assert str(caught.value) == "a.tsv: nothing left\n  Add text."


def test_tasks_wait_for_memory(cluster: Cluster, workspace: Path, tmp_path: Path) -> None:
    """The machines have 1 and 4 cores and 1 GB each."""
    assert most_at_once(cluster, workspace, tmp_path / "small", memory=0.4) == 1 + 2
    assert most_at_once(cluster, workspace, tmp_path / "large", memory=0.8) == 1 + 1


def most_at_once(cluster: Cluster, workspace: Path, directory: Path, memory: float) -> int:
    directory.mkdir()
    chosen = settings(cluster, memory)
    calls = {}
    for number in range(9):
        calls[f"language {number}"] = functools.partial(sabotage.note, directory, 1.0)
    with connected(chosen, workspace) as mark:
        RayRunner(chosen, mark).map("clean", calls)
    events = []
    for path in directory.iterdir():
        started, ended = map(float, path.read_text().split())
        events += [(started, 1), (ended, -1)]
    assert len(events) == 18
    working, most = 0, 0
    for _, change in sorted(events):
        working += change
        most = max(most, working)
    return most


def test_another_version_on_a_machine_is_refused(
    cluster: Cluster, workspace: Path, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "alignment", tmp_path / "other" / "alignment")
    init = tmp_path / "other" / "alignment" / "__init__.py"
    init.write_text(init.read_text().replace('__version__ = "', '__version__ = "9.9.'))
    cluster.add("other", path=tmp_path / "other")
    words = ["run", SMOKE, "--workspace", workspace, *options(cluster)]
    try:  # from elsewhere, because Ray lets workers import from the run's working directory
        done = command("alignment", *words, cwd=tmp_path)
    finally:
        cluster.kill("other")
    assert done.returncode == 2, done.stderr
    assert "has other versions than this machine: alignment 9.9." in done.stderr
    assert not (workspace / "runs").exists()


def test_a_machine_without_the_package_is_refused(
    cluster: Cluster, workspace: Path, tmp_path: Path
) -> None:
    package = tmp_path / "broken" / "alignment"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not on this machine')\n")
    cluster.add("broken", path=package.parent)
    words = ["run", SMOKE, "--workspace", workspace, *options(cluster)]
    try:
        done = command("alignment", *words, cwd=tmp_path)
    finally:
        cluster.kill("broken")
    assert done.returncode == 2, done.stderr
    assert "cannot run tasks of this package" in done.stderr
    assert "not on this machine" in done.stderr and "Traceback" not in done.stderr


def test_there_is_no_cluster_at_the_address(workspace: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    place = ["--set", f"runner={{kind: ray, address: '{address}'}}"]
    started = time.monotonic()
    done = command("alignment", "run", SMOKE, "--workspace", workspace, *place)
    assert done.returncode == 1
    assert f"there is no Ray cluster at {address}: Connection refused" in done.stderr
    assert "Traceback" not in done.stderr
    assert time.monotonic() - started < 30


def test_no_machine_has_what_a_task_needs(cluster: Cluster, workspace: Path) -> None:
    more = [*options(cluster), "--set", "runner.cpus_per_task=16"]
    done = command("alignment", "run", SMOKE, "--workspace", workspace, *more)
    assert done.returncode == 2
    assert "no machine of the cluster has what a task needs: 16 CPUs, 1.0 GB" in done.stderr


def test_an_interrupt_ends_the_run_and_the_next_one_finishes_it(
    cluster: Cluster, workspace: Path, finished: Path
) -> None:
    process = started(workspace, *options(cluster))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    done = command("alignment", "run", SMOKE, "--workspace", workspace, *options(cluster))
    assert done.returncode == 0, done.stderr
    check_same(workspace, finished)


def started(workspace: Path, *words: str) -> subprocess.Popen[str]:
    """A run that has built the encoder, and now waits for workers to load it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "alignment", "run", SMOKE, "--workspace", workspace, *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": import_path(),
            "CI": "true",
            "RAY_gcs_rpc_server_reconnect_timeout_s": "20",  # 60, unless it is set
        },
    )
    while not list(workspace.glob("store/encoder/*/manifest.json")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.1)
    return process


def test_the_head_is_lost_and_the_next_run_finishes_the_work(
    workspace: Path, finished: Path
) -> None:
    with running_cluster() as cluster:
        cluster.add("first")
        process = started(workspace, *options(cluster))
        cluster.kill("head")
        _, errors = process.communicate(timeout=120)
    assert process.returncode != 0
    assert f"the head of the Ray cluster at {cluster.address} does not answer" in errors
    assert "Traceback" not in errors
    done = command("alignment", "run", SMOKE, "--workspace", workspace)
    assert done.returncode == 0, done.stderr
    for mark in workspace.glob(".seen-by-workers-*"):
        mark.unlink()  # the process could not
    check_same(workspace, finished)
