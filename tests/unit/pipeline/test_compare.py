"""Arms of a comparison, and `alignment compare` on the tiny corpus."""

import re
from pathlib import Path

import pytest

from alignment.errors import ConfigError
from alignment.pipeline.arms import Arm, arms
from alignment.pipeline.compare import ArmResult
from tests.support import SMOKE, Cli


def test_arms_are_every_combination() -> None:
    random = "{random: 1, lexical: 0, semantic: 0}"
    mixed = "{random: 0.5, lexical: 0.5, semantic: 0}"
    combinations = arms(["train.loss=[triplet, infonce]", f"triplets.shares=[{random}, {mixed}]"])
    assert [arm.name for arm in combinations] == [
        "loss triplet, shares random",
        "loss triplet, shares random 0.5/lexical 0.5",
        "loss infonce, shares random",
        "loss infonce, shares random 0.5/lexical 0.5",
    ]
    assert combinations[0].overrides == (
        'train.loss="triplet"',
        'triplets.shares={"random": 1, "lexical": 0, "semantic": 0}',
    )


def test_no_settings_are_one_arm() -> None:
    assert arms([]) == [Arm("", ())]


@pytest.mark.parametrize("text", ["train.loss=triplet", "train.loss=[", "=[1]", "train.loss=[]"])
def test_a_setting_needs_a_list(text: str) -> None:
    with pytest.raises(ConfigError, match="expected key="):
        arms([text])


def test_spread_over_seeds() -> None:
    result = ArmResult(Arm("a", ()), 10, 1000, {"heldout": [0.5, 0.7], "tatoeba": [0.4]})
    mean, deviation = result.spread("heldout")
    assert mean == pytest.approx(0.6)
    assert deviation == pytest.approx(0.1414, abs=1e-4)
    assert result.spread("tatoeba") == (0.4, 0.0)


@pytest.mark.slow
def test_arms_see_equal_tokens_and_are_reused(new_process: Cli, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    plot = tmp_path / "plot.svg"
    command = [
        *("compare", SMOKE, "--workspace", workspace, "--seeds", "1", "--plot", plot),
        *("--grid", "train.explicit_negatives=[1, 0.2]"),
        *("--set", "train.steps=12", "--set", "train.in_batch_negatives=hardest"),
    ]
    done = new_process(*command)
    assert done.returncode == 0, done.stderr
    pattern = r"explicit_negatives (\S+) +│ +(\d+) │ +([\d,]+) │ +([\d.]+) ± ([\d.]+)"
    (name, steps, tokens, *_), (other, more_steps, other_tokens, *_) = re.findall(
        pattern, done.stdout
    )
    assert (name, other) == ("1", "0.2")
    assert int(more_steps) > int(steps)
    ratio = int(other_tokens.replace(",", "")) / int(tokens.replace(",", ""))
    assert abs(ratio - 1) < 0.2
    assert "<svg" in plot.read_text()
    trained = workspace / "store" / "train"
    assert len(list(trained.iterdir())) == 2
    again = new_process(*command)
    assert again.returncode == 0
    assert len(list(trained.iterdir())) == 2


@pytest.mark.slow
def test_arms_are_checked_before_training(cli: Cli, tmp_path: Path) -> None:
    grid = "train.loss=[triplet, quadruplet]"
    done = cli("compare", SMOKE, "--workspace", tmp_path / "w", "--grid", grid)
    assert done.returncode == 2
    assert "quadruplet" in done.stderr
