"""The commands and the configuration with a registry in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.cli.models import open_registry as open_model
from alignment.config import parse_config
from alignment.errors import ConfigError
from alignment.pipeline.models import find_model
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, model_names, open_registry
from tests.buckets import s3_environment
from tests.encoders import publish_contents
from tests.support import line_with, run_here

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""


@pytest.fixture
def place(s3_server: str, s3_prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    return f"s3://models/{s3_prefix.partition('/')[0]}"


@pytest.fixture
def registry(place: str, tmp_path: Path) -> Registry:
    registry = open_registry(place, "demo", tmp_path / "elsewhere")
    publish_contents(registry, "a", "b", at=tmp_path)
    return registry


def test_the_commands(
    registry: Registry, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--registry", place)
    assert run_here("registry", "list", *at, workspace=tmp_path) == 0
    output = capsys.readouterr().out
    assert "previous" in line_with("v1", output) and "champion" in line_with("v2", output)
    assert run_here("rollback", *at, workspace=tmp_path) == 0
    assert "v1 is the champion of demo again." in capsys.readouterr().out
    assert run_here("registry", "promote", "demo", "v2", *at, workspace=tmp_path) == 0
    assert run_here("registry", "verify", *at, workspace=tmp_path) == 0
    assert "2 versions of demo, 0 problems." in capsys.readouterr().out
    assert run_here("registry", "repair", *at, workspace=tmp_path) == 0
    assert run_here("registry", "diff", "demo", "v1", "v2", *at, workspace=tmp_path) == 0
    assert "config.json" in capsys.readouterr().out
    assert run_here("registry", "gc", *at, workspace=tmp_path) == 0
    assert model_names(place) == ["demo"]


def test_the_variable_names_the_registry(
    registry: Registry, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGNMENT_REGISTRY", place)
    workspace = Workspace(tmp_path / "w")
    assert open_model(tmp_path / "w", None).name == "demo"
    context = workspace.context(parse_config(CONFIG, base=tmp_path))
    source = find_model("demo@previous", workspace, context)
    assert source.name == "demo v1"
    assert source.path.parent == tmp_path / "w" / "cache" / "models"
    assert (source.path / "config.json").read_text() == "a"


def test_the_configuration_names_the_registry(
    registry: Registry, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAM", place.rpartition("/")[2])
    config = parse_config(CONFIG + 'registry: "s3://models/${TEAM}"\n', base=tmp_path)
    champion = Workspace(tmp_path / "w").registry_of(config).champion()
    assert champion is not None and champion.name == "v2"
    assert config.model_dump(mode="json")["registry"] == "s3://models/${TEAM}"


def test_a_directory_is_relative_to_the_configuration(tmp_path: Path) -> None:
    config = parse_config(CONFIG + "registry: ../models\n", base=tmp_path / "configs")
    assert config.registry == str(tmp_path / "models")
    registry = Workspace(tmp_path / "w").registry_of(config)
    assert registry.root == tmp_path / "models" / "demo"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("ftp://a/b", "expected s3://BUCKET/PREFIX"),
        ("s3://me:secretpw@a/b", "no user and no password"),
        ("s3://${UNSET_VARIABLE}/b", "UNSET_VARIABLE is not set"),
    ],
)
def test_a_wrong_registry_is_said_with_its_line(tmp_path: Path, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parse_config(CONFIG + f'registry: "{value}"\n', base=tmp_path)
    assert "configuration:6: registry: " in str(caught.value)
    assert "secretpw" not in str(caught.value)


def test_no_such_bucket(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("registry", "list", "--registry", "s3://nowhere", workspace=tmp_path) == 2
    assert "there is no such bucket" in capsys.readouterr().err
