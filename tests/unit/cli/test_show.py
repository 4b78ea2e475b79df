"""`alignment show`: the last run, or a named one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import Cli


def test_last_run(cli: Cli, finished: Path) -> None:
    done = cli("show", "--workspace", finished)
    assert done.returncode == 0, done.stderr
    assert "Approved against the base encoder" in done.stdout
    assert "triplets" in done.stdout


def test_json_is_the_summary(cli: Cli, finished: Path) -> None:
    done = cli("show", "--json", "--workspace", finished)
    (path,) = finished.glob("runs/*/summary.json")
    assert json.loads(done.stdout) == json.loads(path.read_text())


def test_unknown_run(cli: Cli, finished: Path) -> None:
    done = cli("show", "1999", "--workspace", finished)
    assert done.returncode == 1
    assert "no run starts with '1999'" in done.stderr
    assert next(finished.glob("runs/*")).name in done.stderr


def test_empty_workspace_is_not_created(cli: Cli, tmp_path: Path) -> None:
    done = cli("show", "--workspace", tmp_path / "none")
    assert done.returncode == 1
    assert "nothing has run in this workspace yet" in done.stderr
    assert not (tmp_path / "none").exists()
