"""`alignment compare` on the tiny corpus."""

import re
from pathlib import Path

import pytest

from alignment.errors import ConfigError
from alignment.pipeline.compare import Arm, arms
from tests.support import SMOKE, Cli


def test_arms_are_every_combination() -> None:
    found = arms(
        [
            "train.loss=[triplet, infonce]",
            "triplets.shares=[{random: 1, lexical: 0, semantic: 0}, {random: 0.5, lexical: 0.5, semantic: 0}]",
        ]
    )
    assert [arm.name for arm in found][:2] == [
        "loss triplet, shares random",
        "loss triplet, shares random 0.5/lexical 0.5",
    ]
    assert len(found) == 4 and found[0].overrides[0] == 'train.loss="triplet"'
    assert arms([]) == [Arm("", ())]
    for wrong in ("train.loss=triplet", "train.loss=[", "=[1]"):
        with pytest.raises(ConfigError, match="expected key="):
            arms([wrong])


@pytest.mark.slow
def test_arms_train_on_as_many_tokens_and_are_not_trained_twice(cli: Cli, tmp_path: Path) -> None:
    command = (
        "compare",
        SMOKE,
        "--workspace",
        tmp_path / "w",
        "--vary",
        "train.explicit_negatives=[1, 0.2]",
        "--set",
        "train.steps=12",
        "--set",
        "train.in_batch_negatives=hardest",
        "--seeds",
        "1",
        "--plot",
        tmp_path / "plot.svg",
    )
    done = cli(*command)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"explicit (\S+) +│ +(\d+) │ +([\d,]+) │ +([\d.]+) ± ([\d.]+)", done.stdout)
    assert [row[0] for row in rows] == ["1", "0.2"]
    tokens = [int(row[2].replace(",", "")) for row in rows]
    assert int(rows[1][1]) > int(rows[0][1]) and abs(tokens[1] / tokens[0] - 1) < 0.2
    assert "<svg" in (tmp_path / "plot.svg").read_text()
    assert len(list((tmp_path / "w" / "store" / "train").iterdir())) == 2
    again = cli(*command)
    assert again.returncode == 0 and len(list((tmp_path / "w" / "store" / "train").iterdir())) == 2
    done = cli(
        "compare",
        SMOKE,
        "--workspace",
        tmp_path / "w",
        "--vary",
        "train.loss=[triplet, quadruplet]",
    )
    assert done.returncode == 2 and "quadruplet" in done.stderr
