"""What an export is measured on, and when it is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from alignment.errors import ConfigError, Missing
from alignment.pipeline.export import Export, ExportScore, export
from alignment.pipeline.export_suites import suites_of_version
from alignment.pipeline.search import Models
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from tests.support import run_here


def score(torch: float, fp32: float, int8: float | None, language: str = "cy") -> ExportScore:
    return ExportScore("heldout", language, 100, "d", torch, fp32, int8)


@pytest.mark.parametrize(
    ("scores", "refused"),
    [
        ([score(0.9, 0.9, None)], []),
        ([score(0.9, 0.89, None)], []),  # the margin itself is allowed
        ([score(0.9, 0.885, None)], ["cy"]),
        ([score(0.9, 0.9, 0.88)], ["cy"]),
        ([score(0.9, 0.8, 0.9)], []),  # what is written is int8
        ([score(0.9, 0.95, None), score(0.5, 0.4, None, "fi")], ["fi"]),
    ],
)
def test_what_is_refused(scores: list[ExportScore], refused: list[str]) -> None:
    result = Export("onnx", "m", 1.0, tuple(scores), 1, 1, margin=0.01)
    assert [entry.language for entry in result.refused] == refused


def test_the_suites_are_those_of_the_run(finished: Path) -> None:
    workspace = Workspace(finished)
    version = workspace.registry("smoke").get("champion")
    (suite,) = suites_of_version(workspace, version)
    assert suite.name == "heldout"
    assert [bitext.language for bitext in suite.bitexts] == ["es", "ja", "ru"]
    assert all(bitext.sources and bitext.targets for bitext in suite.bitexts)


def test_a_version_whose_run_is_gone(tmp_path: Path) -> None:
    version = Version("v1", tmp_path, "d", {"train_key": "k", "accuracy": {}})
    with pytest.raises(Missing, match="the run that published this version is not"):
        suites_of_version(Workspace(tmp_path / "workspace"), version)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.encoder.toys import save_toy

    monkeypatch.setitem(sys.modules, "onnx", None)
    models = Models(Workspace(tmp_path / "workspace"))
    found = models.find(str(save_toy(tmp_path / "toy")))
    with pytest.raises(ConfigError, match="ONNX needs the extra `onnx`"):
        export(found, models, tmp_path / "out", [])
    assert not list(tmp_path.glob("*out*"))


def test_a_directory_that_exists_is_not_touched(tmp_path: Path) -> None:
    from tests.unit.encoder.toys import save_toy

    models = Models(Workspace(tmp_path / "workspace"))
    found = models.find(str(save_toy(tmp_path / "toy")))
    with pytest.raises(ConfigError, match="this exists already"):
        export(found, models, tmp_path / "toy", [])


def test_a_directory_needs_a_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.unit.encoder.toys import save_toy

    asked = ("registry", "export", save_toy(tmp_path / "toy"), "--out", tmp_path / "out")
    assert run_here(*asked, workspace=tmp_path / "workspace") == 2
    assert "--suite FILE" in capsys.readouterr().err
    assert run_here(*asked, "--language", "cy", workspace=tmp_path / "workspace") == 2
    assert "--language chooses the languages of --suite" in capsys.readouterr().err
