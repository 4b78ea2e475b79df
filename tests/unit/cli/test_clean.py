"""`alignment clean`: the ledger, or what each filter does to one language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import Cli, line_with


def test_ledger(cli: Cli, config: Path, tmp_path: Path) -> None:
    done = cli("clean", config, "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    row = line_with("Spanish", done.stdout)
    assert "120" in row and "held out" in row
    assert "all (1)" in done.stdout


def test_explain_shows_filters_and_rejects(cli: Cli, config: Path, tmp_path: Path) -> None:
    arguments = ("--explain", "es", "--set", "clean.min_words=8", "--sample-rejects", "2")
    done = cli("clean", config, *arguments, "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    assert "Spanish: 120 pairs, each filter alone" in done.stdout
    row = line_with("│ min_words", done.stdout)
    assert "≥ 8" in row
    _, _, rejects = done.stdout.partition("\ntoo_few_words\n")
    assert len(rejects.strip().splitlines()) == 4  # two pairs


def test_explain_names_what_has_no_scores_yet(cli: Cli, config: Path, tmp_path: Path) -> None:
    arguments = ("--explain", "es", "--set", "clean.semantic=learned")
    done = cli("clean", config, *arguments, "--workspace", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    assert "clean.semantic has no scores yet" in done.stdout


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("xx-nonsense", "Use a BCP-47 code"),
        ("fi", "--explain: got 'fi', expected one of: es"),
    ],
    ids=["no language", "not configured"],
)
def test_explain_refuses(cli: Cli, config: Path, tmp_path: Path, code: str, message: str) -> None:
    done = cli("clean", config, "--explain", code, "--workspace", tmp_path / "w")
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
