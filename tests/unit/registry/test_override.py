from pathlib import Path

import pytest

from alignment.errors import ConfigError, NotApproved
from alignment.manifests import read_manifest, write_manifest
from alignment.registry import Override, Registry
from tests.encoders import publish_contents
from tests.support import run_here


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """`v1` was not approved by the gate; `v2` is deployed."""
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b")
    path = registry.root / "v1"
    write_manifest(path, {**read_manifest(path), "approved": 0})
    return registry


def test_what_the_gate_did_not_approve_needs_an_override(registry: Registry) -> None:
    with pytest.raises(NotApproved, match="the gate did not approve v1") as caught:
        registry.promote("v1")
    assert '--override --reason "..." --by NAME' in str(caught.value.hint)
    champion = registry.champion()
    assert champion is not None and champion.name == "v2"


def test_an_override_is_recorded(registry: Registry) -> None:
    assert registry.promote("v1", Override("Welsh is urgent", "ana")).name == "v1"
    move = registry.history()[-1]
    assert move["action"] == "override"
    assert (move["version"], move["reason"], move["by"]) == ("v1", "Welsh is urgent", "ana")
    assert registry.rollback().name == "v2"
    assert [move["action"] for move in registry.history()][-2:] == ["override", "rollback"]


@pytest.mark.parametrize(("reason", "by"), [("", "ana"), ("urgent", " ")])
def test_an_override_needs_a_reason_and_a_name(reason: str, by: str) -> None:
    with pytest.raises(ConfigError, match="needs a reason and a name"):
        Override(reason, by)


def test_the_command_line(
    registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promote = ("registry", "promote", "demo", "v1")
    assert run_here(*promote, workspace=tmp_path) == 1
    assert "the gate did not approve v1" in capsys.readouterr().err
    assert run_here(*promote, "--override", "--by", "ana", workspace=tmp_path) == 2
    assert "--reason" in capsys.readouterr().err
    assert run_here(*promote, "--reason", "x", "--by", "ana", workspace=tmp_path) == 1
    assert "--override" in capsys.readouterr().err
    done = run_here(*promote, "--override", "--by", "ana", "--reason", "urgent", workspace=tmp_path)
    assert done == 0
    assert run_here("registry", "list", workspace=tmp_path) == 0
    printed = capsys.readouterr().out
    assert "Gate overridden for v1" in printed and "by ana: urgent" in printed
