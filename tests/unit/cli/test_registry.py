"""`alignment registry`, and which model a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.registry import model_names, open_registry
from alignment.errors import Missing
from tests.support import Cli, line_with


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
