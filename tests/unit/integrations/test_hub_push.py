"""Pushing versions to a Hub on loopback: what is there afterwards."""

from __future__ import annotations

import json

import pytest

from alignment.config import HubRepository
from alignment.errors import (
    ConfigError,
    Corrupt,
    RegistryError,
    VersionExists,
)
from alignment.integrations.hub_push import Push, push
from alignment.integrations.hub_repository import without_directories
from alignment.registry import Registry
from tests.encoders import input_of
from tests.hub_repositories import Hub
from tests.unit.integrations.pushing import (
    ONCE,
    REPOSITORY,
    SETTINGS,
    at,
    content,
    publish,
    push_champion,
)


def test_a_version_is_a_commit_with_a_tag_and_a_branch(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    done = push_champion(registry)
    assert done == Push(f"{hub.url}/{REPOSITORY}", ("v1",), "v1")
    repository = hub.repositories[REPOSITORY]
    assert repository.private
    assert list(repository.tags) == ["v1"]
    whole = content(registry.get("v1"))
    assert at(hub, "v1") == at(hub, "champion") == at(hub, "main") == whole


def test_the_graphs_of_a_version_are_pushed_with_it(hub: Hub, registry: Registry) -> None:
    graph = registry.root.parent / "graph"
    graph.mkdir(parents=True)
    (graph / "model.onnx").write_bytes(b"a graph")
    publish(registry, "a", exports={"onnx": input_of(graph)})
    push_champion(registry)
    assert at(hub, "v1") == content(registry.get("v1"))
    assert at(hub, "v1")["onnx/model.onnx"] == b"a graph"


def test_nothing_is_sent_twice(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    push_champion(registry)
    commits = dict(hub.repositories[REPOSITORY].commits)
    assert push_champion(registry) == Push(f"{hub.url}/{REPOSITORY}")
    assert hub.repositories[REPOSITORY].commits == commits
    assert len(hub.uploads) == 1


def test_the_next_version_leaves_no_file_of_the_one_before(hub: Hub, registry: Registry) -> None:
    publish(registry, "a", folder="2_Dense")
    push_champion(registry)
    publish(registry, "b")
    assert push_champion(registry) == Push(f"{hub.url}/{REPOSITORY}", ("v2",), "v2")
    assert "2_Dense/config.json" in at(hub, "v1")
    assert at(hub, "v2") == at(hub, "champion") == at(hub, "main") == content(registry.get("v2"))
    assert hub.repositories[REPOSITORY].log[-1] == ("champion", "Deploy v2")


def test_a_rollback_moves_the_branch_and_sends_no_weights(hub: Hub, registry: Registry) -> None:
    for name in ("a", "b"):
        publish(registry, name)
        push_champion(registry)
    registry.rollback()
    hub.uploads.clear()
    assert push_champion(registry) == Push(f"{hub.url}/{REPOSITORY}", (), "v1")
    assert at(hub, "champion") == content(registry.get("v1"))
    assert at(hub, "main") == content(registry.get("v2"))
    assert not hub.uploads


def test_the_champion_is_pushed_with_another_version(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    publish(registry, "b")
    done = push(registry.get("v1"), registry.champion(), SETTINGS, policy=ONCE)
    assert done == Push(f"{hub.url}/{REPOSITORY}", ("v2", "v1"), "v2")
    assert at(hub, "main") == content(registry.get("v1"))


def test_the_manifest_has_no_local_directories(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    push_champion(registry)
    repository = hub.repositories[REPOSITORY]
    manifest = json.loads(repository.commits[repository.tags["v1"]]["manifest.json"])
    assert manifest["config"] == {"lock": "x.lock"}
    assert manifest["digest"] == registry.get("v1").digest
    assert without_directories({"a": ["/x/y", "x/y", 1, "/x\ny"]}) == {
        "a": ["y", "x/y", 1, "/x\ny"]
    }


def test_a_public_repository(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    version = registry.get("v1")
    push(version, None, HubRepository(repo_id=REPOSITORY, private=False), policy=ONCE)
    repository = hub.repositories[REPOSITORY]
    assert not repository.private
    assert "champion" not in repository.branches


def test_files_of_others_are_not_deleted(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    push_champion(registry)
    repository = hub.repositories[REPOSITORY]
    repository.tags.clear()
    repository.commit("main", {".gitattributes": b"", "weights.bin": b"1"}, "theirs")
    with pytest.raises(ConfigError, match=r"files that no version has: weights\.bin"):
        push_champion(registry)
    assert "weights.bin" in at(hub, "main")


def test_another_version_of_the_same_name(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    push_champion(registry)
    other = Registry(registry.root.parent / "other", "demo")
    publish(other, "b")
    with pytest.raises(VersionExists, match="the repository has another v1"):
        push_champion(other)
    assert at(hub, "champion") == content(registry.get("v1"))


def test_a_damaged_version_is_not_pushed(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    path = registry.root / "v1" / "model.safetensors"
    path.write_bytes(b"X" + path.read_bytes()[1:])
    with pytest.raises(Corrupt):
        push_champion(registry)
    assert not hub.requests


def test_a_file_that_the_hub_leaves_out_keeps_the_tag_away(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    hub.ignored = ("1_Pooling/config.json",)
    with pytest.raises(RegistryError, match=r"does not have what was sent: 1_Pooling/config\.json"):
        push_champion(registry)
    assert not hub.repositories[REPOSITORY].tags
