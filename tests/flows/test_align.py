"""The flow as `make smoke` runs it: a process with Prefect's embedded server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.align import main
from tests.support import ROOT, SMOKE

TIMEOUT = 280


def run_flow(environment: dict[str, str], *overrides: str) -> subprocess.CompletedProcess[str]:
    arguments = [part for override in overrides for part in ("--set", override)]
    return subprocess.run(
        [sys.executable, "-m", "flows.align", str(SMOKE), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.server
def test_publishes_then_rejects(environment: dict[str, str]) -> None:
    workspace = Path(environment["ALIGNMENT_WORKSPACE"])
    approved = run_flow(environment)
    log = approved.stderr + approved.stdout
    assert approved.returncode == 0, log
    assert "Task run 'mine ja'" in log
    assert "train step" in log, "the library's log lines do not reach Prefect"
    assert "Approved against the base encoder: v1" in approved.stdout
    assert (workspace / "prefect" / "prefect.db").is_file()
    assert not (workspace / "user" / ".prefect").exists()

    rejected = run_flow(environment, "train.steps=0")
    assert rejected.returncode == 3, rejected.stdout + rejected.stderr
    assert "Rejected against v1: v1 stays deployed." in rejected.stdout
    assert (workspace / "registry" / "smoke" / "champion").readlink() == Path("v1")


def test_mistake_shows_before_a_server_starts(environment: dict[str, str]) -> None:
    done = run_flow(environment, "train.stepz=1")
    assert done.returncode == 2
    assert "'steps'" in done.stderr
    assert "server" not in done.stderr


def test_a_secret_would_be_stored_as_a_parameter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    override = "corpora.0.url=https://me:hunter2@host.org/a.tsv"
    assert main(SMOKE, [override], str(tmp_path)) == 2
    error = capsys.readouterr().err
    assert "${NAME}" in error and "https://host.org/a.tsv" in error
    assert "hunter2" not in error and "server" not in error
    assert not list(tmp_path.iterdir())


def test_import_writes_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    code = "import flows.align, os; print(os.environ['PREFECT_HOME'])"
    clean = {name: value for name, value in environment.items() if name != "ALIGNMENT_WORKSPACE"}
    home = subprocess.check_output(
        [sys.executable, "-c", code],
        text=True,
        cwd=tmp_path,
        env={**clean, "PYTHONPATH": os.pathsep.join([str(ROOT), clean.get("PYTHONPATH", "")])},
    )
    assert home.strip() == str(tmp_path / "workspace" / "prefect")
    assert list(tmp_path.iterdir()) == []
