"""`alignment languages list` and `suggest`."""

from __future__ import annotations

from pathlib import Path

from tests.support import Cli, line_with


def test_list_counts_pairs_by_corpus(cli: Cli, config: Path, tmp_path: Path) -> None:
    done = cli("languages", "list", config, "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    row = line_with("Spanish", done.stdout)
    assert row.split() == ["│", "es", "│", "Spanish", "│", "120", "│", "120", "│"]


def test_list_offline_needs_the_downloads(cli: Cli, config: Path, tmp_path: Path) -> None:
    done = cli("languages", "list", config, "--workspace", tmp_path / "w", "--offline")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


def test_suggest_ranks_what_is_not_configured(cli: Cli, config: Path, finished: Path) -> None:
    arguments = ("--workspace", finished, "--min-pairs", "50", "--sample", "60")
    done = cli("languages", "suggest", config, *arguments)
    assert done.returncode == 0, done.stderr
    assert "smoke v1" in done.stdout
    assert "Japanese" in done.stdout and "Russian" in done.stdout
    assert "Spanish" not in done.stdout
