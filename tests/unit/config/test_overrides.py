from pathlib import Path
from typing import Any

import pytest

from alignment.config.keys import KeyPath
from alignment.config.overrides import apply_override

PLACES: dict[KeyPath, str] = {
    (): "c.yaml:1",
    ("train",): "c.yaml:2",
    ("train", "steps"): "c.yaml:3",
    ("name",): "c.yaml:4",
}


def example() -> dict[str, Any]:
    return {"name": "x", "train": {"steps": 1}, "corpora": [{"kind": "local"}], "clean": None}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("train.steps=7", ("train", "steps"), 7),
        ("train.loss=infonce", ("train", "loss"), "infonce"),
        ("clean.max_ratio=2.5", ("clean", "max_ratio"), 2.5),
        ("gate.floor=0.5", ("gate", "floor"), 0.5),
        ("corpora.0.version='5.0'", ("corpora", 0, "version"), "5.0"),
        ("corpora.0={kind: tatoeba}", ("corpora", 0), {"kind": "tatoeba"}),
        ("name=", ("name",), None),
    ],
    ids=["number", "text", "null section", "new section", "in a list", "list entry", "null"],
)
def test_sets_a_value(override: str, path: KeyPath, value: object) -> None:
    values: Any = example()
    assert apply_override(values, override, {}) == []
    for part in path:
        values = values[part]
    assert values == value


def test_relative_path_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = example()
    apply_override(values, "corpora.0.path=a.tsv", {})
    assert values["corpora"][0]["path"] == str(tmp_path / "a.tsv")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("nonsense", "expected key=value, for example --set train.steps=100"),
        ("=3", "expected key=value"),
        ("name=[", "the value is not valid YAML"),
        (".".join("a" * 70) + "=1", "the key has more than 64 parts"),
        ("train.steps=!!int x", "'x' cannot be read as !!int"),
        ("name.x=1", "name is not a section but 'x'"),
        ("train.steps.x=1", "train.steps is not a section but 1"),
        ("corpora.7.version=1", "corpora is a list of 1: expected a position from 0 to 0, got 7"),
        ("corpora.kind=hub", "expected a position from 0 to 0, got 'kind'"),
    ],
)
def test_problem(override: str, message: str) -> None:
    values = example()
    (problem,) = apply_override(values, override, {})
    assert problem.where == f"--set {override}"
    assert message in problem.message
    assert values == example()


def test_new_value_replaces_the_lines_below() -> None:
    places = dict(PLACES)
    apply_override(example(), "train={margin: 1}", places)
    assert places == {
        (): "c.yaml:1",
        ("train",): "--set train",
        ("name",): "c.yaml:4",
    }
