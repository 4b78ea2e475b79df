"""What differs between two versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alignment.registry import Registry, Version, compare_versions
from alignment.registry.compare import Change
from tests.encoders import APPROVED, encoder_input
from tests.support import line_with, run_here


def version(name: str, tmp_path: Path, **manifest: Any) -> Version:
    return Version(name, tmp_path / name, name, manifest)


def entry(sha256: str) -> dict[str, Any]:
    return {"sha256": sha256, "bytes": 1}


def test_equal_versions_do_not_differ(tmp_path: Path) -> None:
    manifest = {"config": {"seed": 1}, "versions": {"torch": "2"}, "corpora": [{"name": "a"}]}
    comparison = compare_versions(
        version("v1", tmp_path, **manifest), version("v2", tmp_path, **manifest)
    )
    assert comparison.changes == ()
    assert comparison.scores == ()


def test_every_part_is_compared(tmp_path: Path) -> None:
    a = version(
        "v1",
        tmp_path,
        digests={"data": "1", "code": "1"},
        config={"train": {"steps": 100, "loss": "triplet"}, "languages": {"cy": {}}},
        versions={"torch": "2.6"},
        git_commit="abc",
        corpora=[{"name": "django", "version": "5", "license": "BSD-3-Clause", "pairs": 7}],
        files={"config.json": entry("1"), "weights": entry("2"), "README.md": entry("3")},
    )
    b = version(
        "v2",
        tmp_path,
        digests={"data": "2", "code": "1"},
        config={"train": {"steps": 300, "loss": "triplet"}, "languages": {"cy": {}, "fi": {}}},
        versions={"torch": "2.7"},
        git_commit="abc",
        corpora=[{"name": "django", "version": "5", "license": "MIT", "pairs": 7}],
        files={"config.json": entry("1"), "weights": entry("4"), "README.md": entry("5")},
    )
    assert compare_versions(a, b).changes == (
        Change("digests", "data", "1", "2"),
        Change("configuration", "train.steps", 100, 300),
        Change("configuration", "languages.fi", None, {}),
        Change("packages", "torch", "2.6", "2.7"),
        Change("corpora", "django", "5, BSD-3-Clause, 7 pairs", "5, MIT, 7 pairs"),
        Change("licenses", "BSD-3-Clause", "django", None),
        Change("licenses", "MIT", None, "django"),
        Change("files", "weights", "2", "4"),
    )


def test_scores_on_other_pairs_are_not_subtracted(tmp_path: Path) -> None:
    a = version(
        "v1",
        tmp_path,
        accuracy={"heldout": {"cy": 0.5, "fi": 0.9, "eu": 0.4}, "tatoeba": {"fi": 0.7}},
        suites={"cy/heldout": "1", "fi/heldout": "2", "fi/tatoeba": "5"},
    )
    b = version(
        "v2",
        tmp_path,
        accuracy={"heldout": {"cy": 0.6, "fi": 0.8, "eu": 0.5}, "tatoeba": {"fi": 0.6}},
        suites={"cy/heldout": "1", "fi/heldout": "3", "fi/tatoeba": "5"},
    )
    scores = compare_versions(a, b).scores
    found = [(score.suite, score.language, score.same_suite) for score in scores]
    assert found == [
        ("tatoeba", "fi", True),
        ("heldout", "cy", True),
        ("heldout", "eu", None),
        ("heldout", "fi", False),
    ]
    differences = [score.difference for score in scores]
    assert differences[:3] == pytest.approx([-0.1, 0.1, 0.1])
    assert differences[3] is None


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry(tmp_path / "registry", "demo")
    expected = None
    for content, accuracy in (("a", 0.5), ("b", 0.75)):
        encoder = encoder_input(tmp_path / content, content)
        manifest = {
            "accuracy": {"heldout": {"cy": accuracy}},
            "suites": {"cy/heldout": "1"},
            "config": {"train": {"steps": int(100 * accuracy)}},
        }
        registry.publish(encoder, APPROVED, expected=expected, manifest=manifest, card="")
        expected = encoder.digest
    diff = ("registry", "diff", "demo", "previous", "champion")
    assert run_here(*diff, workspace=tmp_path) == 0
    output = capsys.readouterr().out
    row = line_with("train.steps", output)
    assert "50" in row and "75" in row
    assert "+25.0" in line_with("heldout", output)
    assert run_here(*diff, "--json", workspace=tmp_path) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["changes"]["configuration"] == [{"key": "train.steps", "a": 50, "b": 75}]
    assert content["scores"][0]["difference"] == pytest.approx(0.25)
    assert run_here("registry", "diff", "demo", "v1", "v9", workspace=tmp_path) == 1
    assert "no version 'v9'" in capsys.readouterr().err
