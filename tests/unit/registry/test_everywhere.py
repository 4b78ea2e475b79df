"""What holds for every registry: in a directory, in memory, and in a bucket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.errors import AliasConflict, Corrupt, Missing, NotApproved
from alignment.registry import Aliases, Override, Registry, find_damage, open_version, repair
from alignment.registry.attempts import Attempt
from alignment.registry.bucket.backend import BucketBackend
from alignment.types import Input, Rejected
from tests.buckets import bucket_registry, memory_objects
from tests.encoders import (
    APPROVED,
    FINDING,
    digest_of,
    encoder_input,
    input_of,
    publish_contents,
)

Opener = Callable[[], Registry]


def text_of(registry: Registry, name: str) -> str:
    return (registry.get(name).path / "config.json").read_text()


def test_versions_count_up_and_the_last_is_deployed(anywhere: Registry, tmp_path: Path) -> None:
    published = publish_contents(anywhere, "a", "b", at=tmp_path)
    assert [version.name for version in published] == ["v1", "v2"]
    assert anywhere.names() == ["v1", "v2"]
    assert anywhere.aliases() == Aliases(champion="v2", challenger=None, previous="v1")
    assert text_of(anywhere, "champion") == "b"
    assert text_of(anywhere, "previous") == "a"
    assert (anywhere.get("v1").path / "README.md").read_text() == "# card"
    assert find_damage(anywhere) == []


def test_another_process_sees_the_same(reopen: Opener, tmp_path: Path) -> None:
    publish_contents(reopen(), "a", "b", at=tmp_path)
    reopen().rollback()
    registry = reopen()
    assert registry.champion() == registry.get("v1")
    assert registry.get("champion").manifest["digest"] == digest_of("a")
    assert registry.rolled_back(registry.get("v2"))
    actions = [(move["action"], move["version"]) for move in registry.history()]
    assert actions == [("publish", "v1"), ("publish", "v2"), ("rollback", "v1")]


def test_versions_sort_by_number(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, *"abcdefghijk", at=tmp_path)
    assert anywhere.names()[-2:] == ["v10", "v11"]


def test_equal_content_is_published_once(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", "b", at=tmp_path)
    assert publish_contents(anywhere, "b", at=tmp_path)[0].name == "v2"
    assert publish_contents(anywhere, "a", at=tmp_path)[0].name == "v1"
    assert anywhere.names() == ["v1", "v2"]


def test_what_is_not_deployed_is_the_challenger(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", at=tmp_path)
    publish_contents(anywhere, "b", deploy=False, at=tmp_path)
    assert anywhere.aliases() == Aliases(champion="v1", challenger="v2", previous=None)
    assert anywhere.promote("challenger").name == "v2"
    assert anywhere.aliases() == Aliases(champion="v2", challenger=None, previous="v1")


def test_a_newer_deployment_ends_a_challenge(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", at=tmp_path)
    publish_contents(anywhere, "b", deploy=False, at=tmp_path)
    publish_contents(anywhere, "c", at=tmp_path)
    assert anywhere.aliases() == Aliases(champion="v3", challenger=None, previous="v1")
    with pytest.raises(Missing, match="there is no version 'challenger'"):
        anywhere.get("challenger")


def test_a_rerun_does_not_undo_a_rollback(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", "b", at=tmp_path)
    anywhere.rollback()
    encoder = encoder_input(tmp_path / "again", "b")
    version = anywhere.publish(
        encoder, APPROVED, expected=digest_of("a"), manifest={}, card="# again"
    )
    assert (version.name, anywhere.aliases().champion) == ("v2", "v1")
    assert anywhere.aliases().challenger is None


def test_rollbacks_end(anywhere: Registry, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no earlier deployment"):
        anywhere.rollback()
    publish_contents(anywhere, "a", "b", "c", at=tmp_path)
    assert [anywhere.rollback().name, anywhere.rollback().name] == ["v2", "v1"]
    with pytest.raises(Missing, match="no earlier deployment"):
        anywhere.rollback()
    with pytest.raises(Missing, match="v2 is not an earlier deployment"):
        anywhere.rollback("v2")


def test_a_changed_champion_stops_publishing(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", "b", at=tmp_path)
    encoder = encoder_input(tmp_path / "late", "c")
    with pytest.raises(AliasConflict, match="changed to v2"):
        anywhere.publish(encoder, APPROVED, expected=digest_of("a"), manifest={}, card="")
    assert anywhere.names() == ["v1", "v2"]


def test_two_promotions_at_once(
    reopen: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins while the first looks at the version that it deploys."""
    publish_contents(reopen(), "a", "b", "c", at=tmp_path)
    registry = reopen()
    get = registry.get

    def get_slowly(name: str) -> object:
        if name == "v1":
            monkeypatch.setattr(registry, "get", get)
            with monkeypatch.context() as patch:  # the lock of a directory is not what is tested
                patch.setattr("alignment.registry.writing.FileLock", _NoLock)
                reopen().promote("v2")
        return get(name)

    monkeypatch.setattr(registry, "get", get_slowly)
    with pytest.raises(AliasConflict, match="the champion changed to v2") as caught:
        registry.promote("v1")
    assert "alignment registry list" in str(caught.value)
    assert reopen().aliases() == Aliases(champion="v2", previous="v3")
    assert [move["version"] for move in reopen().history()] == ["v1", "v2", "v3", "v2"]


class _NoLock:
    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_an_override_is_recorded(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", at=tmp_path)
    refused = anywhere.publish_refused(
        encoder_input(tmp_path / "r", "r"),
        _rejected(),
        Override("Welsh is urgent", "ana"),
        manifest={},
        card="",
    )
    assert not refused.approved
    move = anywhere.history()[-1]
    assert (move["action"], move["by"], move["reason"]) == ("override", "ana", "Welsh is urgent")
    anywhere.rollback()
    with pytest.raises(NotApproved, match="the gate did not approve v2"):
        anywhere.promote("v2")
    assert anywhere.promote("v2", Override("still", "bo")).name == "v2"


def _rejected() -> Rejected:
    from dataclasses import replace

    return Rejected((replace(FINDING, passed=False, reason="worse"),), "v1")


def test_attempts_are_recorded_once(reopen: Opener) -> None:
    def attempt(candidate: str, *refused: str) -> Attempt:
        return Attempt("v1", candidate, {"fi/heldout": "1"}, refused, time="t")

    for entry in (attempt("a"), attempt("b"), attempt("a"), attempt("b", "fi/heldout")):
        reopen().record_attempt(entry)
    known = reopen().attempts()
    assert [entry.candidate for entry in known] == ["a", "b", "b"]
    assert known[2] == attempt("b", "fi/heldout")


def test_an_unknown_version(anywhere: Registry, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no version 'v9'") as caught:
        anywhere.promote("v9")
    assert "none yet" in str(caught.value.hint)
    with pytest.raises(Missing, match="there is no version 'champion'"):
        anywhere.get("champion")
    publish_contents(anywhere, "a", at=tmp_path)
    with pytest.raises(Missing) as caught:
        anywhere.get("../v1")
    assert caught.value.hint == "Versions: v1."


def test_a_changed_encoder_is_not_published(anywhere: Registry, tmp_path: Path) -> None:
    encoder = encoder_input(tmp_path / "e", "a")
    (encoder.path / "config.json").write_text("b")
    with pytest.raises(Corrupt, match=r"not the one that the gate approved: config\.json"):
        anywhere.publish(encoder, APPROVED, expected=None, manifest={}, card="")
    assert anywhere.names() == []
    assert anywhere.champion() is None


def test_a_version_to_build_on(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", "b", at=tmp_path)
    version = open_version(anywhere, "previous")
    assert version.name == "v1"
    assert version.input().digest == digest_of("a")
    assert version.input().path.is_dir()


def test_nothing_to_repair(anywhere: Registry, tmp_path: Path) -> None:
    publish_contents(anywhere, "a", at=tmp_path)
    assert repair(anywhere) == []


def graph_export(place: Path) -> dict[str, Input]:
    """An export as the stage `onnx` makes it, but for its content."""
    graph = place / "graph"
    graph.mkdir()
    (graph / "model.onnx").write_text("a graph")
    return {"onnx": input_of(graph)}


def test_exports_are_published_with_the_version_and_verified(
    anywhere: Registry, reopen: Opener, tmp_path: Path
) -> None:
    """The digest stays that of the encoder, which the gate has judged."""
    encoder = encoder_input(tmp_path / "encoder", "a")
    published = anywhere.publish(
        encoder,
        APPROVED,
        expected=None,
        manifest={},
        card="# card",
        exports=graph_export(tmp_path),
    )
    version = reopen().get("v1")
    assert version.digest == encoder.digest == version.input().digest
    assert set(version.exports) == {"onnx/model.onnx"}
    assert set(version.files) == {"config.json", "1_Pooling/config.json"}
    assert (version.path / "onnx" / "model.onnx").read_text() == "a graph"
    assert version.size == published.size > len("a graph")
    assert find_damage(reopen()) == []
    again = anywhere.publish(
        encoder, APPROVED, expected=encoder.digest, manifest={}, card="", exports={}
    )
    assert again.exports == version.exports


def test_a_damaged_export_is_found(anywhere: Registry, reopen: Opener, tmp_path: Path) -> None:
    encoder = encoder_input(tmp_path / "encoder", "a")
    exports = graph_export(tmp_path)
    anywhere.publish(encoder, APPROVED, expected=None, manifest={}, card="", exports=exports)
    backend = anywhere.backend
    if isinstance(backend, BucketBackend):
        backend.objects.delete(["v1/onnx/model.onnx"])
        changed = tmp_path / "changed"
        changed.write_text("A graph")
        backend.objects.upload("v1/onnx/model.onnx", changed)
    else:
        (anywhere.root / "v1" / "onnx" / "model.onnx").write_text("A graph")
    (damage,) = find_damage(reopen())
    assert damage.name == "v1"
    assert damage.where.endswith("v1/onnx/model.onnx")


def test_an_export_that_was_not_judged_is_not_published(anywhere: Registry, tmp_path: Path) -> None:
    exports = graph_export(tmp_path)
    (exports["onnx"].path / "model.onnx").write_text("another")
    encoder = encoder_input(tmp_path / "encoder", "a")
    with pytest.raises(Corrupt, match=r"the export onnx is not the one .*: model\.onnx differs"):
        anywhere.publish(encoder, APPROVED, expected=None, manifest={}, card="", exports=exports)
    assert anywhere.names() == []


def test_an_unfinished_upload_goes_on_only_with_the_same_exports(tmp_path: Path) -> None:
    """Otherwise a version would have graphs that its manifest does not list."""
    objects = memory_objects()
    registry = bucket_registry(objects, tmp_path / "cache")
    encoder = encoder_input(tmp_path / "encoder", "a")
    exports = graph_export(tmp_path)
    registry.publish(encoder, APPROVED, expected=None, manifest={}, card="", exports=exports)
    objects.delete(["v1/manifest.json", "aliases.json"])  # as if it had been killed before
    registry = bucket_registry(objects, tmp_path / "other cache")
    version = registry.publish(encoder, APPROVED, expected=None, manifest={}, card="")
    assert version.name == "v2"
    assert version.exports == {}
