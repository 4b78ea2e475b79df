"""`alignment compare`: mistakes show before anything is trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import SMOKE, Cli, train_here


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--develop", "tony"], "--develop: got 'tony', expected a file or a corpus of the config"),
        (["--develop", "tiny"], "es has no corpus: add one to corpora"),
        (["--stop-behind", "1"], "there is no development suite by which to stop arms"),
        (["--set", "compare.groups={weak: [es]}"], "a group has two languages or more, got es"),
        (["--grid", "train.margin=[0.3, 0.3]"], "these combinations are the same configuration"),
    ],
    ids=["no such corpus", "nothing left to train on", "nothing to stop by", "group", "twice"],
)
def test_what_cannot_be_chosen_by(
    cli: Cli, tmp_path: Path, options: list[str], message: str
) -> None:
    grid = "train.loss=[triplet, infonce]"
    done = cli("compare", SMOKE, "--grid", grid, "--workspace", tmp_path / "w", *options)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "w" / "store" / "pull").exists()


def test_the_table_and_json(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.stages.train.launch", train_here)
    dev = tmp_path / "dev.tsv"
    lines = ["en\tes\tru", "My mother drinks hot tea in the morning.\tUna frase\tФраза"]
    for number in range(8):
        lines.append(f"Sentence {number} is here.\tFrase {number} aquí.\tФраза {number} тут.")
    dev.write_text("\n".join(lines) + "\n")
    suite = f'{{kind: local, path: {dev}, columns: {{source: en, target: "{{lang}}"}}}}'
    command = [
        *("compare", SMOKE, "--workspace", tmp_path / "w", "--seeds", 1),
        *("--grid", "train.margin=[0.2, 0.3]", "--set", "train.steps=2", "--develop", suite),
    ]
    done = cli(*command)
    assert done.returncode == 0, done.stderr
    assert "development suite dev: 18 pairs in 2 languages\n" in done.stdout
    assert "3 sentences of the training text are in a development suite" in done.stdout
    assert "best on the development text: margin 0." in done.stdout
    assert "heldout" not in done.stdout, "the gate's suites are not for choosing"

    done = cli(*command, "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["development"]["pairs"] == {"dev": {"es": 9, "ru": 9}}
    assert content["development"]["in_training"] == 3
    first, second = content["combinations"]
    assert (first["name"], second["name"]) == ("margin 0.2", "margin 0.3")
    assert first["overrides"] == ["train.margin=0.2"] and first["stopped"] is None
    accuracy = first["accuracy"]["development"]
    assert accuracy["seeds"] == [accuracy["mean"]] and accuracy["deviation"] == 0
    best = content["best"]["name"]
    (other,) = {"margin 0.2", "margin 0.3"} - {best}
    assert list(content["best"]["behind"]) == [other]
