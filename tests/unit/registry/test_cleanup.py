"""Which versions can be deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.errors import AliasConflict, Missing
from alignment.registry import Registry, Rules, collect_versions, find_damage, plan_cleanup
from alignment.registry.backend import Deployed
from tests.encoders import publish_contents
from tests.support import run_here

Opener = Callable[[], Registry]
NOW = Rules(keep=1, older_than_days=0)


def fates(registry: Registry, rules: Rules) -> dict[str, str]:
    plan = plan_cleanup(registry, rules)
    return {decision.version.name: decision.kept for decision in plan.decisions}


@pytest.fixture
def filled(reopen: Opener, tmp_path: Path) -> Registry:
    """v1 to v3 were deployed one after another; v4 to v6 were never."""
    publish_contents(reopen(), "a", "b", "c", at=tmp_path)
    publish_contents(reopen(), "d", "e", "f", deploy=False, at=tmp_path)
    return reopen()


def test_why_versions_are_kept(filled: Registry) -> None:
    assert fates(filled, NOW) == {
        "v1": "was deployed",
        "v2": "previous",
        "v3": "champion",
        "v4": "",
        "v5": "",
        "v6": "challenger",
    }
    filled.pin("v4", keep=True)
    assert fates(filled, NOW)["v4"] == "pinned"
    filled.pin("v4", keep=False)
    assert fates(filled, Rules(keep=2, older_than_days=0))["v5"] == "one of the newest 2"
    assert fates(filled, Rules(keep=1, older_than_days=30))["v5"] == "younger than 30 days"
    assert fates(filled, Rules(keep=1, older_than_days=0, deployed=True))["v1"] == ""


def test_versions_are_deleted_and_their_numbers_are_not_used_again(
    filled: Registry, reopen: Opener, tmp_path: Path
) -> None:
    plan = collect_versions(filled, Rules(keep=1, older_than_days=0, deployed=True))
    assert [version.name for version in plan.leaving] == ["v1", "v4", "v5"]
    registry = reopen()
    assert registry.names() == ["v2", "v3", "v6"]
    assert find_damage(registry) == []
    assert registry.rollback().name == "v2"
    with pytest.raises(Missing):
        registry.rollback()
    (published,) = publish_contents(registry, "new", at=tmp_path)
    assert published.name == "v7"


def test_the_newest_number_is_not_used_again(reopen: Opener, tmp_path: Path) -> None:
    publish_contents(reopen(), "a", at=tmp_path)
    publish_contents(reopen(), "b", "c", deploy=False, at=tmp_path)
    registry = reopen()
    seen = registry.backend.deployed()
    with registry.backend.changing("deleting"):
        registry.backend.remove(["v2"], seen)
    assert reopen().names() == ["v1", "v3"]
    (published,) = publish_contents(reopen(), "b", at=tmp_path)
    assert published.name == "v4"


def test_a_promotion_meanwhile_stops_the_deletion(filled: Registry, reopen: Opener) -> None:
    seen = filled.backend.deployed()
    reopen().promote("v4")
    with pytest.raises(AliasConflict), filled.backend.changing("deleting"):
        filled.backend.remove(["v4", "v5"], seen)
    assert reopen().names() == ["v1", "v2", "v3", "v4", "v5", "v6"]


def test_a_deletion_meanwhile_stops_a_promotion(filled: Registry, reopen: Opener) -> None:
    seen = filled.backend.deployed()
    collect_versions(reopen(), NOW)
    with pytest.raises(Missing):
        filled.promote("v4")
    if seen.revision:  # a bucket has no lock that would keep them apart
        with pytest.raises(AliasConflict):
            filled.backend.move("v4", "promote", None, seen)
    assert reopen().aliases().champion == "v3"


def test_the_champion_is_never_deleted(filled: Registry, reopen: Opener) -> None:
    with pytest.raises(AliasConflict), filled.backend.changing("deleting"):
        filled.backend.remove(["v3"], Deployed("v3", filled.backend.deployed().revision))
    assert "v3" in reopen().names()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registry = Registry(tmp_path / "registry", "demo")
    publish_contents(registry, "a", "b")
    publish_contents(registry, "c", "d", deploy=False)
    gc = ("registry", "gc", "--keep", "1", "--older-than", "0")
    assert run_here(*gc, workspace=tmp_path) == 0
    output = capsys.readouterr().out
    assert "1 versions would be deleted" in output and "--delete" in output
    assert registry.names() == ["v1", "v2", "v3", "v4"]
    assert run_here("registry", "pin", "demo", "v3", workspace=tmp_path) == 0
    assert run_here(*gc, "--delete", workspace=tmp_path) == 0
    assert "0 versions deleted" in capsys.readouterr().out
    assert run_here("registry", "unpin", "demo", "v3", workspace=tmp_path) == 0
    assert run_here(*gc, "--delete", workspace=tmp_path) == 0
    assert registry.names() == ["v1", "v2", "v4"]
