"""Background processes: they end with the one that started them, and are restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows import children
from flows.children import Children, GivenUpError
from tests.support import ROOT

SLEEPER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(60)
"""
PARENT = """
import os, sys, time
from pathlib import Path
from flows.children import Children
program = (sys.executable, "-c", sys.argv[1])
with Children(dict(os.environ), Path.cwd(), program) as running:
    running.start("sleeper", sys.argv[2])
    time.sleep(60)
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def pid_in(path: Path, seconds: float = 90) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.is_file() and path.read_text():
            return int(path.read_text())
        time.sleep(0.05)
    pytest.fail(f"{path} was not written")


def test_a_killed_parent_takes_its_children_with_it(tmp_path: Path) -> None:
    said = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, SLEEPER, str(said)], env=environment())
    child = psutil.Process(pid_in(said))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    child.wait(timeout=10)


def test_a_process_that_ended_is_started_again(tmp_path: Path) -> None:
    program = (sys.executable, "-c", SLEEPER)
    said = tmp_path / "pid"
    with Children(environment(), tmp_path, program) as running:
        running.start("sleeper", str(said))
        first = pid_in(said)
        running.revive()
        assert pid_in(said) == first, "a living process was restarted"
        said.unlink()
        os.kill(first, signal.SIGKILL)
        while not said.exists():
            running.revive()
            time.sleep(0.05)
        second = pid_in(said)
        assert second != first
    assert not psutil.pid_exists(second)


def test_a_process_that_ends_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "MAX_RESTARTS", 2)
    monkeypatch.setattr(children, "PAUSE_SECONDS", 0.2)
    with Children(
        environment(), tmp_path, (sys.executable, "-c", "raise SystemExit(7)")
    ) as running:
        running.start("worker")
        with pytest.raises(GivenUpError, match=r"the Prefect worker ended 3 times .* with code 7"):
            while True:
                running.revive()
                time.sleep(0.05)


def test_a_process_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    running = Children(environment(), tmp_path, (sys.executable, "-c", "raise SystemExit(3)"))
    message = "the Prefect server ended with code 3 at its start"
    with running, pytest.raises(GivenUpError, match=message):
        running.start("server", is_ready=lambda: False)


def test_a_restarted_process_that_ends_at_its_start_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server does whose disk is full for a while."""
    monkeypatch.setattr(children, "PAUSE_SECONDS", 0.1)
    full = tmp_path / "full"
    said = tmp_path / "pid"
    code = f"import pathlib; assert not pathlib.Path({str(full)!r}).exists(){SLEEPER}"
    with Children(environment(), tmp_path, (sys.executable, "-c", code)) as running:
        running.start("sleeper", str(said), is_ready=said.exists)
        first = pid_in(said)
        said.unlink()
        full.touch()
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 0.6
        while time.monotonic() < deadline:
            running.revive()
            time.sleep(0.05)
        full.unlink()
        while not said.exists():
            running.revive()
            time.sleep(0.05)
        assert pid_in(said) != first


def test_a_process_that_hangs_at_its_start_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "READY_SECONDS", 0.1)
    running = Children(environment(), tmp_path, (sys.executable, "-c", SLEEPER))
    with running, pytest.raises(GivenUpError, match="the Prefect sleeper was not ready within"):
        running.start("sleeper", str(tmp_path / "pid"), is_ready=lambda: False)
