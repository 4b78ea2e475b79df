"""`alignment compare`: mistakes show before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import SMOKE, Cli


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ("train.loss=triplet", "expected key=[value, value]"),
        ("train.loss=[triplet, quadruplet]", "quadruplet"),
    ],
    ids=["no list", "wrong value"],
)
def test_a_mistake_shows_before_training(cli: Cli, tmp_path: Path, grid: str, message: str) -> None:
    done = cli("compare", SMOKE, "--grid", grid, "--workspace", tmp_path / "w")
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "w" / "store").exists()
