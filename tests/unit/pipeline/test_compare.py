"""Arms of a comparison, and `alignment compare` on the tiny corpus."""

import re
import statistics
from pathlib import Path

import pytest

from alignment import tables
from alignment.errors import ConfigError
from alignment.files import file_digest
from alignment.pipeline.arms import Arm, arms, check_arms
from alignment.pipeline.compare import ArmResult, Stopped, best_arm, clearly_behind, compare
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.workspace import Workspace
from tests.support import SMOKE, TINY, Cli, train_here


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


def result(name: str, *scores: float, stopped: Stopped | None = None) -> ArmResult:
    accuracy = {"development": [statistics.fmean(scores)]} if scores else {"heldout": [0.5]}
    return ArmResult(Arm(name, ()), 10, 1000, accuracy, stopped=stopped, scores=scores)


def test_the_best_arm() -> None:
    stopped = result("c", *[1.0] * 9, stopped=Stopped(5, "why"))
    decision = best_arm([result("a", *[0.0] * 9), result("b", *[0.5] * 9), stopped])
    assert decision is not None
    best, behind = decision
    assert best.name == "b"
    assert list(behind) == ["a"] and behind["a"].gap == 0.5


def test_nothing_is_chosen_on_the_gate_s_suites() -> None:
    assert best_arm([result("a"), result("b")]) is None


def test_only_what_is_clearly_behind_is_stopped() -> None:
    results = [
        result("worse", *[1.0] * 8, *[0.0] * 12),
        result("best", *[1.0] * 20),
        result("perhaps", *[1.0] * 19, 0.0),
    ]
    assert clearly_behind(results, margin=0.01, alpha=0.05) == {
        "worse": "60.0 points behind best (adjusted p = 0.0015)"
    }
    assert clearly_behind(results, margin=0.01, alpha=0.001) == {}
    assert clearly_behind(results, margin=0.6, alpha=0.05) == {}
    assert clearly_behind(results[:1], margin=0, alpha=0.05) == {}


def test_the_mean_of_the_languages_says_which_arm_is_the_best() -> None:
    """A language with many pairs may have the test say otherwise; then nothing is stopped."""
    large = result("large", *[1.0] * 20)._replace(accuracy={"development": [0.6]})
    even = result("even", *[1.0] * 8, *[0.0] * 12)._replace(accuracy={"development": [0.61]})
    assert clearly_behind([large, even], margin=0, alpha=0.05) == {}
    decision = best_arm([large, even])
    assert decision is not None
    assert decision[0].name == "even"
    assert decision[1]["large"].gap == pytest.approx(0.01)
    even = even._replace(accuracy={"development": [0.595]})
    assert clearly_behind([large, even], margin=0.01, alpha=0.05) == {}
    assert list(clearly_behind([large, even], margin=0.004, alpha=0.05)) == ["even"]


def test_arms_that_are_one() -> None:
    twice = arms(["train.margin=[0.2, 0.20]"])
    with pytest.raises(ConfigError, match=r"same configuration: 'margin 0.2' and 'margin 0.2'"):
        check_arms(SMOKE, [], twice)
    check_arms(SMOKE, [], arms(["train.margin=[0.2, 0.3]"]))


def split_corpus(directory: Path) -> list[str]:
    """Settings that have the tiny corpus as two: one to train on, one to leave out whole."""
    lines = TINY.read_text().splitlines()
    first = "\n".join([lines[0], *lines[1::2]])
    second = "\n".join([lines[0], *lines[2::2]])
    columns = '{source: en, target: "{lang}"}'
    corpora = []
    for name, text in (("first", first), ("second", second)):
        path = directory / f"{name}.tsv"
        path.write_text(text + "\n")
        corpora.append(f"{{kind: local, path: {path}, license: MIT, columns: {columns}}}")
    return [
        f"corpora=[{', '.join(corpora)}]",
        "compare={groups: {far: [ru, ja]}}",
        "train.steps=16",
        "train.batch_size=16",
        "train.dropout=0.1",
        "train.learning_rate=0.01",
    ]


class Comparing:
    """Comparisons in one workspace, trained in this process."""

    def __init__(self, directory: Path) -> None:
        self.workspace = Workspace(directory / "w")
        self.settings = split_corpus(directory)
        self.trainings: list[str] = []
        """What was said before each."""

    def run(self, *grid: str, stop_behind: float | None = None) -> list[ArmResult]:
        results = compare(
            SMOKE,
            self.settings,
            arms(grid),
            self.workspace,
            LocalRunner(),
            seeds=1,
            develop=["second"],
            stop_behind=stop_behind,
            on_training=self.trainings.append,
        )
        return list(results)

    def trained(self) -> dict[str, str]:
        """The digest of the weights of each training, by key."""
        digests = {}
        for path in self.workspace.root.glob("store/train/*/model/model.safetensors"):
            digests[path.parts[-3]] = file_digest(path)
        return digests


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in ("train", "pause"):
        monkeypatch.setattr(f"alignment.stages.{stage}.launch", train_here)


GRID = "train.learning_rate=[0.01, 1.0e-9]"
"""The second value trains nothing: it stays at random weights."""


def test_an_arm_that_is_behind_is_stopped_and_the_other_is_as_if_alone(tmp_path: Path) -> None:
    racing = Comparing(tmp_path / "racing")
    stopped, best = racing.run(GRID, stop_behind=0.01)
    assert stopped.arm.name == "learning_rate 1e-09" and best.stopped is None
    assert stopped.stopped is not None and stopped.stopped.step in (4, 8)
    assert "points behind learning_rate 0.01 (adjusted p = " in stopped.stopped.reason
    assert list(best.accuracy) == ["development", "far"]
    assert best.seconds > 0 and len(best.scores) > 100

    alone = Comparing(tmp_path / "alone")
    *_, unbroken = alone.run("train.learning_rate=[0.01]")
    assert unbroken.accuracy == best.accuracy and unbroken.scores == best.scores
    assert racing.trainings[:2] == [
        f"learning_rate {rate}, seed 13, to step 4 of 16" for rate in ("0.01", "1e-09")
    ]
    assert racing.trainings[-1] == "learning_rate 0.01, seed 13, to the end"
    assert len(racing.trained()) == 1
    assert racing.trained() == alone.trained(), "the keys, and the weights bit for bit"


def test_whole_corpora_are_left_out(tmp_path: Path) -> None:
    comparing = Comparing(tmp_path)
    comparing.run("train.margin=[0.3]")
    pulled = list(comparing.workspace.root.glob("store/pull/*/pairs.parquet"))
    names = {name for path in pulled for name in tables.read_columns(path, "corpus")[0]}
    assert names == {"first"}


def test_an_arm_with_other_development_text(tmp_path: Path) -> None:
    comparing = Comparing(tmp_path)
    with pytest.raises(ConfigError, match="max_pairs 10 has other pairs in its development suites"):
        comparing.run("holdout.max_pairs=[2000, 10]")
    assert not comparing.trained(), "it shows before anything is trained"


def test_there_must_be_something_to_stop_by(tmp_path: Path) -> None:
    results = compare(
        SMOKE,
        [],
        arms([GRID]),
        Workspace(tmp_path),
        LocalRunner(),
        seeds=1,
        stop_behind=0.01,
    )
    with pytest.raises(ConfigError, match="no development suite by which to stop") as caught:
        next(results)
    assert "--develop" in str(caught.value.hint)


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
