"""Places of a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.config import Config, parse_config
from alignment.config.workspace import SharedFolder, cache_directory, shared_place
from alignment.errors import ConfigError
from tests.unit.config.support import GOOD, problem_of


def config_of(text: str) -> Config:
    return parse_config(text, name="c.yaml", base=Path.cwd())


@pytest.mark.parametrize("text", ["s3://team/a", "gs://team", "az://team/a/b", "file:///srv/team"])
def test_places_that_machines_share(text: str) -> None:
    assert str(shared_place(text)) == text


@pytest.mark.parametrize("text", ["workspace", "/srv/team", "a:b", "./s3", "~/work", "C:/work"])
def test_directories(text: str) -> None:
    assert shared_place(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("s3:/team/a", "s3:team", "s4://team", "s3://", "S3://team", "gs:/x", "https://team/x"),
        *("file:/srv", "file://srv/team", "file:///srv/../etc", "s3://me:pw@team/x", "s3://b/?a=1"),
    ],
)
def test_typing_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|no password") as caught:
        shared_place(text)
    assert "me:pw" not in str(caught.value)


def test_each_place_has_a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path))
    places = [shared_place(text) for text in ("s3://a/b", "s3://a-b", "gs://a/b", "file:///a/b")]
    caches = [cache_directory(place) for place in places if place is not None]
    assert len(set(caches)) == 4
    assert all(cache.parent == tmp_path for cache in caches)
    monkeypatch.delenv("ALIGNMENT_WORKSPACE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert cache_directory(SharedFolder(Path("/srv"))).parent == Path("/var/cache/me/alignment")


def test_the_configuration_names_a_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFIX", "blue")
    assert config_of(GOOD + "workspace: s3://team/${PREFIX}\n").workspace == "s3://team/${PREFIX}"
    directory = config_of(GOOD + "workspace: shared\n").workspace
    assert directory is not None and Path(directory).is_absolute()
    assert config_of(GOOD).workspace is None


@pytest.mark.parametrize("text", ["s3:/team/a", "s4://team", "s3://me:pw@team/x"])
def test_a_typing_error_in_the_configuration(text: str) -> None:
    problem = problem_of(GOOD + f"workspace: {text}\n")
    assert "workspace: " in problem
    assert "expected s3://" in problem or "expected the path" in problem or "no password" in problem
    assert "pw@" not in problem


def test_config_error_names_the_how_to() -> None:
    from alignment.store.remote.place import parsed_place

    with pytest.raises(ConfigError, match="workspace-in-a-bucket"):
        parsed_place("s3:/team")
