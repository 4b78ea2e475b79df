"""What the tests of pushing share."""

from __future__ import annotations

from alignment.config import HubRepository
from alignment.downloads.retry import RetryPolicy
from alignment.integrations.hub_push import Push, push
from alignment.registry import Registry, Version
from alignment.registry.copying import NO_EXPORTS, Exports
from tests.encoders import APPROVED, input_of
from tests.hub_repositories import Files, Hub

REPOSITORY = "team/demo"
SETTINGS = HubRepository(repo_id=REPOSITORY)
ONCE = RetryPolicy(attempts=1)
THRICE = RetryPolicy(attempts=3, backoff=0.0)


def publish(
    registry: Registry,
    content: str,
    *,
    folder: str = "1_Pooling",
    exports: Exports = NO_EXPORTS,
) -> None:
    """The next version: weights, settings, and a module in a folder of this name."""
    path = registry.root.parent / "encoders" / content
    (path / folder).mkdir(parents=True)
    (path / "config.json").write_text(f'"{content}"')
    (path / "model.safetensors").write_bytes(content.encode() * 1000)
    (path / folder / "config.json").write_text("{}")
    champion = registry.champion()
    registry.publish(
        input_of(path),
        APPROVED,
        expected=champion.digest if champion else None,
        manifest={"accuracy": {"heldout": {"cy": 0.5}}, "config": {"lock": "/home/ana/x.lock"}},
        card="---\nlibrary_name: sentence-transformers\n---\n# demo\n",
        exports=exports,
    )


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
