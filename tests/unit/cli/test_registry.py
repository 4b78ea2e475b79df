"""`alignment registry`, and which model a command means."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment.cli.models import open_registry
from alignment.errors import Missing
from alignment.registry import Registry, model_names
from tests.encoders import publish_contents
from tests.support import Cli, line_with, run_here


def make_models(workspace: Path, *names: str) -> None:
    for name in names:
        (workspace / "registry" / name).mkdir(parents=True)
    (workspace / "registry" / "note.txt").touch()


def test_the_only_model_need_not_be_named(tmp_path: Path) -> None:
    make_models(tmp_path, "quickstart")
    assert open_registry(tmp_path, None).name == "quickstart"


def test_one_of_several_models_must_be_named(tmp_path: Path) -> None:
    make_models(tmp_path, "b", "a")
    assert model_names(tmp_path / "registry") == ["a", "b"]
    assert open_registry(tmp_path, "b").name == "b"
    with pytest.raises(Missing, match="there are 2 models; say which one") as caught:
        open_registry(tmp_path, None)
    assert "Models: a, b." in str(caught.value)


def test_unknown_model(tmp_path: Path) -> None:
    make_models(tmp_path, "a")
    with pytest.raises(Missing, match="there is no model 'x'"):
        open_registry(tmp_path, "x")


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no model has been published yet") as caught:
        open_registry(tmp_path, "x")
    assert "alignment run CONFIG" in str(caught.value)


def test_versions_are_listed(cli: Cli, finished: Path) -> None:
    done = cli("registry", "list", "--workspace", finished)
    assert done.returncode == 0, done.stderr
    row = line_with("v1", done.stdout)
    assert "champion" in row and "the base encoder" in row and "heldout" in row


def test_promote_an_unknown_version(cli: Cli, finished: Path) -> None:
    done = cli("registry", "promote", "smoke", "v9", "--workspace", finished)
    assert done.returncode == 1
    assert "v9" in done.stderr and "v1" in done.stderr


@pytest.mark.parametrize("command", [("rollback",), ("registry", "rollback")], ids=" ".join)
def test_rollback_needs_an_earlier_version(
    cli: Cli, finished: Path, command: tuple[str, ...]
) -> None:
    done = cli(*command, "--workspace", finished)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b", "c")
    return registry


def test_rollback_to_a_version(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("rollback", "--to", "v1", workspace=tmp_path) == 0
    assert "v1 is the champion of demo again." in capsys.readouterr().out
    assert run_here("rollback", "demo", "--to", "v3", workspace=tmp_path) == 1
    assert "v3 is not an earlier deployment" in capsys.readouterr().err


def test_verify_and_repair(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_here("registry", "verify", workspace=tmp_path) == 0
    assert "3 versions of demo, 0 problems." in capsys.readouterr().out
    (registry.root / "v3" / "config.json").write_text("X")
    assert run_here("registry", "verify", workspace=tmp_path) == 1
    output = capsys.readouterr().out
    assert "v3: " in output and "alignment registry repair demo" in output
    assert run_here("registry", "repair", workspace=tmp_path) == 0
    assert "v2 is deployed now" in capsys.readouterr().out
    assert run_here("registry", "verify", workspace=tmp_path) == 0
    assert run_here("registry", "repair", workspace=tmp_path) == 0
    assert "Nothing is damaged." in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["deleted", "manifest", "directory"])
def test_a_damaged_champion_is_said_below_the_list(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    if damage == "deleted":
        shutil.rmtree(registry.root / "v3")
    elif damage == "manifest":
        (registry.root / "v3" / "manifest.json").write_text("")
    else:
        (registry.root / "champion").unlink()
        (registry.root / "champion").mkdir()
    assert run_here("registry", "list", workspace=tmp_path) == 0
    output = capsys.readouterr().out
    assert "v1" in output and "v2" in output
    assert "The champion is damaged." in output
    assert "alignment registry repair demo" in output


def test_hidden_directories_are_no_models(tmp_path: Path) -> None:
    make_models(tmp_path, "a", ".cache")
    assert model_names(tmp_path / "registry") == ["a"]
