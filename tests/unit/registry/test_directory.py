import contextlib
import json
import os
from pathlib import Path

import pytest

from alignment.errors import AliasConflict, Corrupt, Missing, VersionExists
from alignment.registry import Registry, Version, directory
from alignment.types import Input
from tests.encoders import APPROVED, digest_of, encoder_input


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def encoder(registry: Registry, content: str) -> Input:
    return encoder_input(registry.root.parent / f"encoder-{content}", content)


def publish(registry: Registry, content: str, *, expected: str | None) -> str:
    """`expected` is the content of the expected champion."""
    version = registry.publish(
        encoder(registry, content),
        APPROVED,
        expected=None if expected is None else digest_of(expected),
        manifest={},
        card="# card",
    )
    return version.name


def text_of(version: Version) -> str:
    return (version.path / "config.json").read_text()


def champion(registry: Registry) -> Version:
    version = registry.champion()
    assert version is not None
    return version


def test_versions_count_up(registry: Registry) -> None:
    assert publish(registry, "a", expected=None) == "v1"
    assert publish(registry, "b", expected="a") == "v2"
    assert [version.name for version in registry.versions()] == ["v1", "v2"]
    assert champion(registry).name == "v2"
    assert (registry.root / "champion" / "config.json").read_text() == "b"
    assert (registry.root / "v2" / "README.md").read_text() == "# card"


def test_versions_sort_by_number(registry: Registry) -> None:
    contents = [chr(ord("a") + number) for number in range(11)]
    for before, content in zip([None, *contents], contents, strict=False):
        publish(registry, content, expected=before)
    assert [version.name for version in registry.versions()][-2:] == ["v10", "v11"]


def test_equal_content_is_published_once(registry: Registry) -> None:
    assert publish(registry, "a", expected=None) == "v1"
    assert publish(registry, "a", expected=None) == "v1"
    assert len(registry.versions()) == 1


def test_the_manifest_records_the_approval(registry: Registry) -> None:
    publish(registry, "a", expected=None)
    manifest = champion(registry).manifest
    assert manifest["approved"] == 1
    assert manifest["reference"] == "the base encoder"


def test_mean_accuracy_by_suite(tmp_path: Path) -> None:
    accuracy = {"heldout": {"cy": 0.8, "fi": 0.6}, "tatoeba": {"fi": 0.5}}
    version = Version("v1", tmp_path, "d", {"accuracy": accuracy})
    assert version.mean_accuracy() == pytest.approx({"heldout": 0.7, "tatoeba": 0.5})


def test_a_rerun_does_not_undo_a_rollback(registry: Registry) -> None:
    publish(registry, "a", expected=None)
    publish(registry, "b", expected="a")
    assert registry.rollback().name == "v1"
    assert registry.rolled_back(registry.get("v2"))
    assert publish(registry, "b", expected="a") == "v2"
    assert champion(registry).name == "v1"
    registry.promote("v2")
    assert champion(registry).name == "v2"
    assert not registry.rolled_back(registry.get("v2"))


def test_the_history_has_every_move(registry: Registry) -> None:
    publish(registry, "a", expected=None)
    publish(registry, "b", expected="a")
    registry.rollback()
    moves = [(move["action"], move["version"], move["previous"]) for move in registry.history()]
    assert moves == [
        ("publish", "v1", None),
        ("publish", "v2", "v1"),
        ("rollback", "v1", "v2"),
    ]


def test_nothing_to_roll_back_to(registry: Registry) -> None:
    with pytest.raises(Missing, match="no earlier deployment"):
        registry.rollback()
    publish(registry, "a", expected=None)
    with pytest.raises(Missing, match="no earlier deployment") as caught:
        registry.rollback()
    assert "alignment registry promote demo vN" in str(caught.value.hint)


def test_an_unknown_version(registry: Registry) -> None:
    with pytest.raises(Missing, match="no version 'v9'") as caught:
        registry.get("v9")
    assert "none yet" in str(caught.value.hint)
    publish(registry, "a", expected=None)
    with pytest.raises(Missing, match="no version 'v9'") as caught:
        registry.promote("v9")
    assert caught.value.hint == "Versions: v1."


def test_a_changed_champion_stops_publishing(registry: Registry) -> None:
    publish(registry, "a", expected=None)
    publish(registry, "b", expected="a")
    with pytest.raises(AliasConflict, match="changed to v2"):
        publish(registry, "c", expected="a")
    assert [version.name for version in registry.versions()] == ["v1", "v2"]


def test_an_occupied_directory_stops_publishing(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    (registry.root / "v1").mkdir(parents=True)
    monkeypatch.setattr(directory, "next_name", lambda *_: "v1")
    with pytest.raises(VersionExists, match="exists already"):
        publish(registry, "a", expected=None)


def test_an_unreadable_manifest(registry: Registry) -> None:
    publish(registry, "a", expected=None)
    (registry.root / "v1" / "manifest.json").write_text("{}")
    with pytest.raises(Corrupt, match="manifest is unreadable") as caught:
        registry.get("v1")
    assert "alignment registry repair demo" in str(caught.value.hint)
    assert registry.versions() == []


@pytest.mark.parametrize("call", ["replace", "symlink_to"])
def test_a_kill_leaves_a_valid_champion(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    publish(registry, "a", expected=None)
    for nth in range(1, 4):
        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            _die_at(nth, call, patch)
            publish(registry, f"b{nth}", expected=text_of(champion(registry)))
        assert (champion(registry).path / "config.json").is_file()
        json.loads((champion(registry).path / "manifest.json").read_text())
    publish(registry, "last", expected=text_of(champion(registry)))
    assert text_of(champion(registry)) == "last"


def _die_at(nth: int, call: str, patch: pytest.MonkeyPatch) -> None:
    """Make the nth call of `os.replace` or `Path.symlink_to` raise as if the process ended."""
    owner = os if call == "replace" else Path
    original = getattr(owner, call)
    calls = 0

    def die(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    patch.setattr(owner, call, die)
