"""What only a registry in a bucket has: uploads that go on, damage, secrets, readers."""

from __future__ import annotations

import json
import logging
import pickle
from pathlib import Path

import pytest

from alignment.errors import AliasConflict, AlignmentError, Corrupt
from alignment.objectstore.objects import Objects, StoredObjects
from alignment.registry import Aliases, Registry, find_damage, open_registry, repair
from tests.buckets import (
    ACCESS_KEY,
    SECRET_KEY,
    FaultyObjects,
    Killed,
    bucket_registry,
    memory_objects,
    s3_environment,
    s3_objects,
)
from tests.encoders import APPROVED, encoder_input, publish_contents


@pytest.fixture
def objects() -> StoredObjects:
    return memory_objects()


@pytest.fixture
def registry(objects: StoredObjects, tmp_path: Path) -> Registry:
    """Three versions, of which the last is deployed."""
    registry = bucket_registry(objects, tmp_path / "cache")
    publish_contents(registry, "a", "b", "c", at=tmp_path)
    return registry


def reopened(objects: Objects, tmp_path: Path) -> Registry:
    return bucket_registry(objects, tmp_path / "cache")


def overwrite(objects: StoredObjects, name: str, data: bytes) -> None:
    content = objects.get(name)
    assert content is not None
    assert objects.replace(name, data, content.revision)


def publish(registry: Registry, tmp_path: Path, content: str) -> str:
    champion = registry.champion()
    version = registry.publish(
        encoder_input(tmp_path / content, content),
        APPROVED,
        expected=champion.digest if champion else None,
        manifest={},
        card="# card",
    )
    return version.name


def test_the_objects_of_a_version(registry: Registry, objects: StoredObjects) -> None:
    names = [entry.name for entry in objects.listing("v1")]
    assert names == [
        "v1/1_Pooling/config.json",
        "v1/README.md",
        "v1/config.json",
        "v1/manifest.json",
        "v1/upload.json",
    ]
    aliases = objects.get("aliases.json")
    assert aliases is not None
    content = json.loads(aliases.data)
    assert (content["champion"], content["previous"]) == ("v3", "v2")
    assert [entry.name for entry in objects.listing("history")] == [
        f"history/{number:08d}.json" for number in (1, 2, 3)
    ]


def test_a_killed_upload_goes_on(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    died = FaultyObjects(objects, "upload v4/config.json", after=True)
    with pytest.raises(Killed):
        publish(reopened(died, tmp_path), tmp_path, "d")
    assert reopened(objects, tmp_path).names() == ["v1", "v2", "v3"]
    again = FaultyObjects(objects)
    assert publish(reopened(again, tmp_path), tmp_path, "d") == "v4"
    uploads = [text for text in again.requests if text.startswith("upload")]
    assert uploads == ["upload v4/README.md"]


def test_another_encoder_takes_the_next_number(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    died = FaultyObjects(objects, "upload v4/config.json")
    with pytest.raises(Killed):
        publish(reopened(died, tmp_path), tmp_path, "d")
    assert publish(reopened(objects, tmp_path), tmp_path, "e") == "v5"
    assert reopened(objects, tmp_path).names() == ["v1", "v2", "v3", "v5"]


def test_the_uploaded_copy_is_not_fetched(objects: StoredObjects, tmp_path: Path) -> None:
    counted = FaultyObjects(objects)
    publish(reopened(counted, tmp_path), tmp_path, "a")
    champion = reopened(counted, tmp_path).champion()
    assert champion is not None
    assert (champion.path / "config.json").read_text() == "a"
    assert (champion.path / "manifest.json").is_file()
    assert not [text for text in counted.requests if text.startswith("download")]


def test_another_machine_fetches_and_compares(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    other = bucket_registry(objects, tmp_path / "elsewhere")
    champion = other.champion()
    assert champion is not None
    assert (champion.path / "config.json").read_text() == "c"
    assert champion.path.parent == tmp_path / "elsewhere"
    overwrite(objects, "v2/config.json", b"X")
    with pytest.raises(Corrupt, match="expected sha256") as caught:
        _ = other.get("v2").path
    assert caught.value.where == "s3://models/demo/v2/config.json"
    assert "alignment registry repair demo" in str(caught.value.hint)


def test_bytes_that_differ_are_found_and_left_out(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    overwrite(objects, "v3/config.json", b"X")  # of the same size
    registry = reopened(objects, tmp_path)
    (damage,) = find_damage(registry)
    assert (damage.name, damage.where) == ("v3", "s3://models/demo/v3/config.json")
    actions = repair(registry)
    assert any("v2 is deployed now" in action for action in actions)
    registry = reopened(objects, tmp_path)
    assert registry.names() == ["v1", "v2"]
    assert registry.aliases().champion == "v2"
    assert find_damage(registry) == []
    assert repair(registry) == []
    assert publish(registry, tmp_path, "c") == "v4"


@pytest.mark.parametrize("name", ["v1/config.json", "v1/manifest.json"])
def test_an_object_that_was_deleted(
    registry: Registry, objects: StoredObjects, tmp_path: Path, name: str
) -> None:
    objects.delete([name])
    registry = reopened(objects, tmp_path)
    with pytest.raises(AlignmentError, match=r"v1|no such object"):
        registry.promote("v1")
    assert registry.aliases().champion == "v3"


def test_a_file_that_was_not_published(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    objects.put_new("v1/adapter_config.json", b"{}")
    with pytest.raises(Corrupt, match="not one of the published files"):
        reopened(objects, tmp_path).promote("v1")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"champion": 3}', b'{"move": {}}'])
def test_aliases_that_cannot_be_read(
    registry: Registry, objects: StoredObjects, tmp_path: Path, content: bytes
) -> None:
    overwrite(objects, "aliases.json", content)
    registry = reopened(objects, tmp_path)
    with pytest.raises(Corrupt, match=r"aliases\.json") as caught:
        registry.champion()
    assert "alignment registry repair demo" in str(caught.value.hint)
    assert find_damage(registry)[0].name == "champion"
    assert "v3 is deployed now" in " ".join(repair(registry))
    assert reopened(objects, tmp_path).aliases().champion == "v3"
    assert find_damage(registry) == []


def test_aliases_that_were_deleted(
    registry: Registry, objects: StoredObjects, tmp_path: Path
) -> None:
    objects.delete(["aliases.json"])
    registry = reopened(objects, tmp_path)
    with pytest.raises(Corrupt, match="the history says that v3 is deployed"):
        registry.champion()
    repair(registry)
    assert reopened(objects, tmp_path).aliases().champion == "v3"


def test_damaged_entries_are_left_out_and_known(
    registry: Registry, objects: StoredObjects, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(objects, "history/00000002.json", b'{"torn')
    registry = reopened(objects, tmp_path)
    with caplog.at_level(logging.WARNING, logger="alignment"):
        assert [move["version"] for move in registry.history()] == ["v1", "v3"]
    assert "s3://models/demo/history:2: the line is damaged" in caplog.text
    assert [damage.where for damage in find_damage(registry)] == ["s3://models/demo/history:2"]
    assert repair(registry) == ["Entries 2 of the history are damaged; left out."]
    assert find_damage(reopened(objects, tmp_path)) == []
    assert registry.rollback().name == "v2"


def test_one_of_two_promotions_over_http(s3_server: str, s3_prefix: str, tmp_path: Path) -> None:
    objects = s3_objects(s3_server, s3_prefix)
    publish_contents(reopened(objects, tmp_path), "a", "b", "c", at=tmp_path)
    watched = FaultyObjects(objects)
    reopened(watched, tmp_path).promote("v3")  # nothing to do: how many requests come before
    other = reopened(objects, tmp_path)
    late = FaultyObjects(
        objects, meanwhile=lambda: other.promote("v2"), at=len(watched.requests) - 1
    )
    with pytest.raises(AliasConflict, match="the champion changed to v2"):
        reopened(late, tmp_path).promote("v1")
    assert reopened(objects, tmp_path).aliases() == Aliases(champion="v2", previous="v3")
    assert find_damage(reopened(objects, tmp_path)) == []


def test_no_secret_leaves_the_process(
    s3_server: str,
    s3_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in s3_environment(s3_server).items():
        monkeypatch.setenv(name, value)
    place = f"s3://models/{s3_prefix}"
    registry = open_registry(place, "demo", tmp_path / "cache")
    with caplog.at_level(logging.DEBUG):
        publish_contents(registry, "a", "b", at=tmp_path)
        registry.rollback()
        missing = open_registry("s3://nowhere/x", "demo", tmp_path / "cache")
        with pytest.raises(AlignmentError) as caught:
            publish_contents(missing, "a", at=tmp_path)
    backend = registry.backend
    stored = "".join(
        str(content.data)
        for entry in backend.objects.listing("")  # type: ignore[attr-defined]
        if (content := backend.objects.get(entry.name)) is not None  # type: ignore[attr-defined]
    )
    for secret in (SECRET_KEY, ACCESS_KEY):
        for text in (stored, caplog.text, str(caught.value), repr(caught.value)):
            assert secret not in text
        assert secret.encode() not in pickle.dumps(registry)  # as Prefect may send it
