"""Pushing versions to a Hub on loopback: what is there afterwards, and after every fault."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest

from alignment.config import HubRepository
from alignment.downloads.retry import RetryPolicy
from alignment.errors import (
    AliasConflict,
    AlignmentError,
    ConfigError,
    Corrupt,
    RegistryError,
    Unavailable,
    VersionExists,
)
from alignment.integrations.hub_push import Push, push
from alignment.integrations.hub_repository import without_directories
from alignment.redaction import redacted
from alignment.registry import Registry, Version
from tests.hub_repositories import TOKEN, Fault, Files, Hub
from tests.unit.integrations.conftest import publish

REPOSITORY = "team/demo"
SETTINGS = HubRepository(repo_id=REPOSITORY)
ONCE = RetryPolicy(attempts=1)
THRICE = RetryPolicy(attempts=3, backoff=0.0)


def push_champion(registry: Registry, policy: RetryPolicy = ONCE) -> Push:
    champion = registry.champion()
    assert champion is not None
    return push(champion, champion, SETTINGS, policy=policy)


def content(version: Version) -> Files:
    """What a repository must have of a version."""
    files = {}
    for path in version.path.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            files[path.relative_to(version.path).as_posix()] = path.read_bytes()
    return files


def at(hub: Hub, revision: str) -> Files:
    """The files of a revision without the Hub's own and the manifest."""
    repository = hub.repositories[REPOSITORY]
    oid = repository.resolve(revision)
    assert oid is not None, revision
    files = dict(repository.commits[oid])
    files.pop(".gitattributes")
    files.pop("manifest.json", None)
    return files


def test_a_version_is_a_commit_with_a_tag_and_a_branch(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    done = push_champion(registry)
    assert done == Push(f"{hub.url}/{REPOSITORY}", ("v1",), "v1")
    repository = hub.repositories[REPOSITORY]
    assert repository.private
    assert list(repository.tags) == ["v1"]
    whole = content(registry.get("v1"))
    assert at(hub, "v1") == at(hub, "champion") == at(hub, "main") == whole


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


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("401", ConfigError, "the Hub does not accept the token"),
        ("403", ConfigError, "the token may not write to this repository"),
        ("409", AliasConflict, "somebody else changed the repository"),
        ("412", AliasConflict, "somebody else changed the repository"),
        ("429", Unavailable, "the Hub cannot be reached"),
        ("500", Unavailable, "the Hub cannot be reached"),
        ("cut", Unavailable, "the Hub cannot be reached"),
        ("lost", Unavailable, "the Hub cannot be reached"),
    ],
)
@pytest.mark.parametrize(
    "request_start", ["GET /api/models/team/demo/refs", "POST /api/models/team/demo/commit"]
)
def test_one_message_for_each_fault(
    hub: Hub,
    registry: Registry,
    fault: Fault,
    error: type[AlignmentError],
    message: str,
    request_start: str,
) -> None:
    publish(registry, "a")
    if fault == "409" and "refs" in request_start:
        return
    hub.fault = lambda request, number: fault if request.startswith(request_start) else None
    with pytest.raises(error) as caught:
        push_champion(registry)
    text = str(caught.value)
    assert message in text
    assert f"{hub.url}/{REPOSITORY}: " in text
    assert len(text.splitlines()) == 2
    assert TOKEN not in text


@pytest.mark.parametrize("fault", ["429", "502", "cut", "lost", "412"])
def test_what_may_pass_is_tried_again(hub: Hub, registry: Registry, fault: Fault) -> None:
    publish(registry, "a")
    commit = "POST /api/models/team/demo/commit/main"
    hub.fault = lambda request, number: fault if (request, number) == (commit, 1) else None
    assert push_champion(registry, THRICE).added == ("v1",)
    assert at(hub, "champion") == content(registry.get("v1"))
    assert hub.repositories[REPOSITORY].log.count(("main", "v1")) == 1
    assert len(hub.uploads) == 1


def test_two_pushes_at_the_same_time(hub: Hub, registry: Registry) -> None:
    """Somebody commits after this push has read the branch: their files must not be lost."""
    publish(registry, "a")
    push_champion(registry)
    publish(registry, "b")
    repository = hub.repositories[REPOSITORY]

    def interfere(request: str, number: int) -> None:
        if request == "POST /api/models/team/demo/commit/main":
            hub.fault = lambda request, number: None
            head = repository.commits[repository.branches["main"]]
            repository.commit("main", {**head, "theirs.json": b"{}"}, "theirs")

    hub.fault = interfere
    with pytest.raises(AliasConflict, match="somebody else changed the repository"):
        push_champion(registry)
    assert "theirs.json" in at(hub, "main")
    assert "v2" not in repository.tags


def test_a_token_that_is_refused_is_not_tried_again(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    hub.fault = lambda request, number: "401"
    with pytest.raises(ConfigError):
        push_champion(registry, THRICE)
    assert len(hub.requests) == 1


def test_the_token_is_in_no_log(
    hub: Hub,
    registry: Registry,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    publish(registry, "a")
    hub.fault = lambda request, number: "500" if "PUT" in request and number < 3 else None
    with caplog.at_level(logging.DEBUG):
        push_champion(registry, THRICE)
    printed = capfd.readouterr()
    assert TOKEN not in caplog.text + printed.out + printed.err
    assert printed.out == ""
    assert redacted(f"Bearer {TOKEN}") == "Bearer ${HF_TOKEN}"


def test_a_missing_token(hub: Hub, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(registry, "a")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ConfigError, match="the environment variable HF_TOKEN is not set"):
        push_champion(registry)
    assert not hub.requests


def check_readers(hub: Hub, registry: Registry) -> None:
    """What a reader finds at any time: whole versions, whatever happened."""
    repository = hub.repositories.get(REPOSITORY)
    if repository is None:
        return
    whole = [content(version) for version in registry.versions()]
    for tag in repository.tags:
        assert at(hub, tag) == content(registry.get(tag))
    for branch in repository.branches:
        assert at(hub, branch) in [{}, *whole]
    assert at(hub, "main") or "champion" not in repository.branches


@pytest.mark.parametrize("fault", ["cut", "lost"])
def test_a_push_that_is_cut_anywhere_is_repeated(
    hub: Hub, registry: Registry, fault: Fault
) -> None:
    """The second version of a repository, cut at every request in turn, then pushed again."""
    publish(registry, "a", folder="2_Dense")
    push_champion(registry)
    publish(registry, "b")
    before = len(hub.requests)
    saved = _saved(hub)
    push_champion(registry)
    total = len(hub.requests) - before
    assert total > 10
    for position in range(1, total + 1):
        _restore(hub, saved)
        hub.fault = _persistent(hub, fault, position)
        with pytest.raises(Unavailable):
            push_champion(registry)
        check_readers(hub, registry)
        hub.fault = lambda request, number: None
        push_champion(registry)
        check_readers(hub, registry)
        assert at(hub, "v2") == at(hub, "champion") == content(registry.get("v2"))
        assert hub.repositories[REPOSITORY].log.count(("main", "v2")) == 1


def _persistent(hub: Hub, fault: Fault, position: int) -> Callable[[str, int], Fault | None]:
    """From this request on nothing works, however often `huggingface_hub` tries."""
    start = len(hub.requests)
    return lambda request, number: fault if len(hub.requests) - start >= position else None


def _saved(hub: Hub) -> str:
    repository = hub.repositories[REPOSITORY]
    return json.dumps([repository.branches, repository.tags, repository.log, list(hub.stored)])


def _restore(hub: Hub, saved: str) -> None:
    repository = hub.repositories[REPOSITORY]
    branches, tags, log, stored = json.loads(saved)
    repository.branches = branches
    repository.tags = tags
    repository.log = [(branch, message) for branch, message in log]
    for oid in set(hub.stored) - set(stored):
        del hub.stored[oid]
