import contextlib
import json
import os
from pathlib import Path

import pytest

from alignment.config import Gate
from alignment.errors import AliasConflict, Missing
from alignment.gate import Measured, Paired, gate
from alignment.registry import Registry
from alignment.types import Approved, Input

RIGHT = Paired([True] * 40, [True] * 40)
APPROVED = gate([Measured("cy", "heldout", RIGHT, RIGHT)], {"cy": Gate()}, "the base encoder")


def model(root: Path, name: str) -> Input:
    path = root / f"model-{name}"
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(name)
    return Input(name, path)


def publish(registry: Registry, given: Input, expected: str | None) -> str:
    assert isinstance(APPROVED, Approved)
    return registry.publish(given, APPROVED, expected=expected, manifest={}, card="# card").name


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def test_versions_count_up_and_the_same_content_is_one_version(
    registry: Registry, tmp_path: Path
) -> None:
    assert publish(registry, model(tmp_path, "a"), None) == "v1"
    assert publish(registry, model(tmp_path, "a"), None) == "v1"
    assert publish(registry, model(tmp_path, "b"), "a") == "v2"
    assert registry.champion().name == "v2"  # type: ignore[union-attr]
    assert (registry.root / "champion" / "config.json").read_text() == "b"
    assert (registry.root / "v2" / "README.md").read_text() == "# card"


def test_rollback_goes_back_and_a_rerun_does_not_undo_it(
    registry: Registry, tmp_path: Path
) -> None:
    publish(registry, model(tmp_path, "a"), None)
    publish(registry, model(tmp_path, "b"), "a")
    assert registry.rollback().name == "v1"
    assert publish(registry, model(tmp_path, "b"), "a") == "v2"
    assert registry.champion().name == "v1"  # type: ignore[union-attr]
    registry.promote("v2")
    assert registry.champion().name == "v2"  # type: ignore[union-attr]


def test_nothing_to_go_back_to_and_unknown_versions(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no earlier deployment"):
        registry.rollback()
    publish(registry, model(tmp_path, "a"), None)
    with pytest.raises(Missing, match="no earlier deployment"):
        registry.rollback()
    with pytest.raises(Missing, match="no version 'v9'"):
        registry.promote("v9")


def test_a_champion_that_moved_meanwhile_stops_the_publication(
    registry: Registry, tmp_path: Path
) -> None:
    publish(registry, model(tmp_path, "a"), None)
    publish(registry, model(tmp_path, "b"), "a")
    with pytest.raises(AliasConflict, match="moved to v2"):
        publish(registry, model(tmp_path, "c"), "a")
    assert [v.name for v in registry.versions()] == ["v1", "v2"]


@pytest.mark.parametrize("call", ["replace", "symlink_to"])
def test_a_death_at_any_point_leaves_a_valid_champion(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    publish(registry, model(tmp_path, "a"), None)
    for nth in range(1, 4):
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            _die_at(nth, call, patch)
            publish(registry, model(tmp_path, f"b{nth}"), registry.champion().digest)  # type: ignore[union-attr]
        champion = registry.champion()
        assert champion is not None and (champion.path / "config.json").is_file()
        json.loads((champion.path / "manifest.json").read_text())
    assert publish(registry, model(tmp_path, "last"), registry.champion().digest)  # type: ignore[union-attr]
    assert registry.champion().digest == "last"  # type: ignore[union-attr]


def _die_at(nth: int, call: str, patch: pytest.MonkeyPatch) -> None:
    """The nth call of `os.replace` or `Path.symlink_to` ends the process, as far as the code can tell."""
    place = os if call == "replace" else Path
    original = getattr(place, call)
    seen = 0

    def die(*args: object, **kwargs: object) -> object:
        nonlocal seen
        seen += 1
        if seen == nth:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    patch.setattr(place, call, die)
