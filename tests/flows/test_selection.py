"""What the parameters of a run choose: languages, and the workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.config import load_config
from alignment.errors import ConfigError
from flows.selection import (
    ROOTS,
    allow_workspace,
    chosen_address,
    chosen_workspace,
    refuse_secrets,
    run_workspace,
    train_only,
    workspace_roots,
)
from tests.support import SMOKE


def test_the_others_become_controls() -> None:
    config = train_only(load_config(SMOKE), ["jpn", "es"])
    assert config.trained == ["es", "ja"]
    assert list(config.control) == ["ru"]
    assert config.measured == ["es", "ja", "ru"]


@pytest.mark.parametrize("code", ["fi", "klingonish"])
def test_unknown_language(code: str) -> None:
    with pytest.raises(ConfigError, match=f"got '{code}', expected one of: es, ru, ja"):
        train_only(load_config(SMOKE), ["es", code])


def test_spaces_around_a_code_do_not_matter() -> None:
    assert train_only(load_config(SMOKE), [" es "]).trained == ["es"]


def test_a_workspace_in_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen_workspace("workspace/smoke") == tmp_path / "workspace" / "smoke"


@pytest.mark.parametrize("name", ["../other", "workspace/../../other", "/etc", "link/other"])
def test_a_workspace_elsewhere_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALIGNMENT_WORKSPACE", str(tmp_path / "workspace"))
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(ConfigError, match="expected a directory in") as raised:
        chosen_workspace(name)
    assert ROOTS in str(raised.value)


def test_allowed_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv(ROOTS, "")
    monkeypatch.setenv("ALIGNMENT_WORKSPACE", str(tmp_path / "team"))
    assert chosen_workspace(str(tmp_path / "team" / "a")) == tmp_path / "team" / "a"
    with pytest.raises(ConfigError):
        chosen_workspace(str(tmp_path / "mine"))
    allow_workspace(str(tmp_path / "mine"))
    assert chosen_workspace(str(tmp_path / "mine")) == tmp_path / "mine"


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A shared folder, whose address a run may use."""
    (tmp_path / "team" / "a").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ALIGNMENT_WORKSPACE", raising=False)
    monkeypatch.setenv("ALIGNMENT_WORKSPACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(ROOTS, f"/srv:file://{tmp_path}/team:s3://team/x")
    return f"file://{tmp_path}/team"


def test_an_address_that_is_allowed(shared: str) -> None:
    config = load_config(SMOKE)
    assert run_workspace(f"{shared}/a", config).place == f"{shared}/a"
    assert chosen_address("s3://team/x/y") == "s3://team/x/y"
    assert Path("/srv") in workspace_roots()
    assert any(root.is_relative_to(Path.cwd() / "cache") for root in workspace_roots())
    assert run_workspace("workspace", config).place == str(Path.cwd() / "workspace")


@pytest.mark.parametrize("address", ["s3://team/xy", "s3://other/x", "file:///etc", "gs://team/x"])
def test_an_address_that_is_not(address: str, shared: str) -> None:
    with pytest.raises(ConfigError, match="parameters: workspace"):
        run_workspace(address, load_config(SMOKE))


def test_the_configuration_chooses_the_workspace(shared: str) -> None:
    config = load_config(SMOKE, [f"workspace={shared}"])
    assert run_workspace("workspace", config).place == shared
    assert run_workspace("workspace/smoke", config).place == str(Path.cwd() / "workspace" / "smoke")
    with pytest.raises(ConfigError, match="a parameter of its own"):
        refuse_secrets([f"workspace={shared}"])
