"""`alignment triplets inspect`: how hard the negatives are, with examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import SMOKE, Cli


def test_one_language(cli: Cli, finished: Path) -> None:
    arguments = ("--language", "ja", "--examples", "2", "--workspace", finished)
    done = cli("triplets", "inspect", SMOKE, *arguments)
    assert done.returncode == 0, done.stderr
    assert "Japanese: negatives at margin 0.3" in done.stdout
    _, _, examples = done.stdout.partition("\nsemantic\n")
    assert len(examples.strip().splitlines()) == 6  # two examples of three lines


def test_one_strategy(cli: Cli, finished: Path) -> None:
    done = cli("triplets", "inspect", SMOKE, "--strategy", "random", "--workspace", finished)
    assert done.returncode == 0, done.stderr
    assert "all languages: negatives" in done.stdout
    assert "\nrandom\n" in done.stdout and "\nsemantic\n" not in done.stdout


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--language=fi", "--language: got 'fi', expected one of: es, ru, ja"),
        ("--strategy=cross", "--strategy: got 'cross', expected one of: random"),
    ],
    ids=["language", "strategy"],
)
def test_unknown_choice(cli: Cli, finished: Path, option: str, message: str) -> None:
    done = cli("triplets", "inspect", SMOKE, "--workspace", finished, option)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr


def test_a_wrong_strategy_is_found_before_anything_is_built(cli: Cli, tmp_path: Path) -> None:
    workspace = tmp_path / "empty"
    done = cli("triplets", "inspect", SMOKE, "--strategy", "semantik", "--workspace", workspace)
    assert done.returncode == 2
    assert "got 'semantik', expected one of: random, lexical" in done.stderr
    assert not workspace.exists()
