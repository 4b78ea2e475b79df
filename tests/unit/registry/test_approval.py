"""What a person decides about a version that the gate approved, in a directory and in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment.errors import AliasConflict, ConfigError
from alignment.registry import Decision, Registry, approve, decline, declined, repair
from alignment.registry.approval import declined_lines
from alignment.registry.declined import DECLINED
from tests.encoders import publish_contents
from tests.support import run_here

ANA = Decision("reads well", "ana")


@pytest.fixture
def waiting(anywhere: Registry, tmp_path: Path) -> Registry:
    """`v1` is deployed; `v2` is published and waits."""
    publish_contents(anywhere, "a", at=tmp_path)
    publish_contents(anywhere, "b", deploy=False, at=tmp_path)
    return anywhere


def champion(registry: Registry) -> str | None:
    version = registry.champion()
    return version.name if version else None


def test_an_approval_deploys_and_is_recorded(waiting: Registry) -> None:
    expected = waiting.get("v1").digest
    assert approve(waiting, "v2", ANA, expected=expected).name == "v2"
    assert champion(waiting) == "v2"
    move = waiting.history()[-1]
    assert (move["action"], move["version"], move["previous"]) == ("promote", "v2", "v1")
    assert (move["by"], move["reason"]) == ("ana", "reads well")


def test_a_second_approval_changes_nothing(waiting: Registry) -> None:
    expected = waiting.get("v1").digest
    approve(waiting, "v2", ANA, expected=expected)
    assert approve(waiting, "v2", ANA, expected=expected).name == "v2"
    assert len(waiting.history()) == 2


def test_another_champion_is_not_replaced(waiting: Registry, tmp_path: Path) -> None:
    expected = waiting.get("v1").digest
    publish_contents(waiting, "c", at=tmp_path)
    with pytest.raises(AliasConflict, match="the champion changed to v3"):
        approve(waiting, "v2", ANA, expected=expected)
    assert champion(waiting) == "v3"


def test_a_declined_version_stays_published(waiting: Registry) -> None:
    assert declined(waiting, "v2") is None
    decline(waiting, "v2", Decision("reads badly", "ben"))
    assert champion(waiting) == "v1"
    entry = declined(waiting, "v2")
    assert entry is not None and (entry["by"], entry["reason"]) == ("ben", "reads badly")
    assert declined(waiting, "v1") is None
    (line,) = declined_lines(waiting)
    assert line.startswith("v2 on ") and line.endswith(" by ben: reads badly")
    assert waiting.promote("v2", ANA).name == "v2", "somebody may still change their mind"


def test_the_history_names_who_promoted_and_who_went_back(waiting: Registry) -> None:
    waiting.promote("v2", ANA)
    waiting.rollback(None, Decision("too slow", "ben"))
    promoted, back = waiting.history()[-2:]
    assert (promoted["action"], promoted["by"]) == ("promote", "ana")
    assert (back["action"], back["by"], back["reason"]) == ("rollback", "ben", "too slow")


@pytest.mark.parametrize(("reason", "by"), [("", "ana"), ("good", " ")])
def test_a_decision_needs_a_reason_and_a_name(reason: str, by: str) -> None:
    with pytest.raises(ConfigError, match="a decision needs a reason and a name"):
        Decision(reason, by)


def test_a_damaged_line_hides_no_other(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b")
    decline(registry, "v1", ANA)
    path = registry.root / DECLINED
    path.write_bytes(
        b'{"version": 7, "time": "", "by": "", "reason": ""}\n{"ver\n' + path.read_bytes()
    )
    assert declined(registry, "v1") is not None
    (registry.root / f".{DECLINED}.torn").write_text("")
    assert any(f".{DECLINED}.torn" in action for action in repair(registry))


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a")
    publish_contents(registry, "b", deploy=False)
    promote = ("registry", "promote", "demo", "v2")
    assert run_here(*promote, "--by", "ana", workspace=tmp_path) == 2
    assert '--reason "..." --by NAME' in capsys.readouterr().err
    assert run_here(*promote, "--by", "ana", "--reason", "good", workspace=tmp_path) == 0
    assert registry.history()[-1].get("by") == "ana"
    back = ("rollback", "demo", "--by", "ben", "--reason", "slow")
    assert run_here(*back, workspace=tmp_path) == 0
    assert registry.history()[-1].get("by") == "ben"
    decline(registry, "v2", ANA)
    assert run_here("registry", "list", workspace=tmp_path) == 0
    assert "Declined: v2 on " in capsys.readouterr().out
