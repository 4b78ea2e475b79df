"""A Hub that refuses, answers late, breaks off, or is changed by somebody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest

from alignment.errors import (
    AliasConflict,
    AlignmentError,
    ConfigError,
    Unavailable,
)
from alignment.integrations.hub_push import Push
from alignment.redaction import redacted
from alignment.registry import Registry
from tests.hub_repositories import TOKEN, Fault, Hub
from tests.unit.integrations.pushing import (
    REPOSITORY,
    THRICE,
    at,
    content,
    publish,
    push_champion,
)


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


def test_a_fault_after_the_tag_hides_nothing(hub: Hub, registry: Registry) -> None:
    publish(registry, "a")
    branch = "POST /api/models/team/demo/branch/champion"
    hub.fault = lambda request, number: "502" if (request, number) == (branch, 1) else None
    assert push_champion(registry, THRICE) == Push(f"{hub.url}/{REPOSITORY}", ("v1",), "v1")


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
