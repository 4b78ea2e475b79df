"""`alignment plan`: tables for people, JSON for programs, and nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support import Cli, line_with


def test_tables_before_and_after_a_pull(cli: Cli, config: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    done = cli("plan", config, "--workspace", workspace)
    assert done.returncode == 0, done.stderr
    assert "unknown" in line_with("Spanish", done.stdout)
    assert "unknown" in line_with("│ pull", done.stdout)
    assert "Training text: at least 0 tokens" in done.stdout
    assert "warning: the number of pairs of tiny (es) is unknown" in done.stdout
    assert not (workspace / "downloads").exists() or not any((workspace / "downloads").iterdir())
    assert cli("clean", config, "--workspace", workspace).returncode == 0
    done = cli("plan", config, "--workspace", workspace)
    assert "120" in line_with("Spanish", done.stdout)
    assert "120 pairs" in line_with("│ pull", done.stdout)
    assert "activations" in done.stdout
    assert "Training text: about " in done.stdout
    assert "warning" not in done.stdout


def test_json(cli: Cli, config: Path, tmp_path: Path) -> None:
    arguments = ("--json", "--set", "train.steps=7", "--workspace", tmp_path / "w")
    done = cli("plan", config, *arguments)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["languages"]["es"]["corpora"]["tiny"]["certainty"] == "unknown"
    assert plan["stages"]["train"]["units"] == 7
    assert plan["memory"]["total"] > plan["memory"]["activations"] > 0
    assert plan["tokens"] == 0 < plan["batch_tokens"]
    assert plan["encoder"]["parameters"] > 10_000
    assert plan["has_unknown_rows"] is True


def test_a_bad_configuration(cli: Cli, tmp_path: Path) -> None:
    done = cli("plan", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert "there is no such file" in done.stderr
