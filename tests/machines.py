"""Several machines on one workspace: each has its own cache, all have the same objects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alignment.objectstore.objects import Objects
from alignment.pipeline.workspace import Workspace
from alignment.store import Store
from alignment.store.remote.place import SharedWorkspace
from alignment.types import Artifact, Input

LIMIT = 10**9


def machine(objects: Objects, cache: Path, *, limit: int = LIMIT, fresh: bool = False) -> Workspace:
    """The workspace as a new process of the machine with this cache opens it."""
    registry = str(cache.parent / "registry")
    shared = SharedWorkspace("s3://models/team", objects, cache, limit, registry)
    return Workspace(cache, fresh=fresh, shared=shared)


def build(
    store: Store,
    text: str = "a",
    *,
    value: int = 1,
    inputs: dict[str, Input] | None = None,
    stage: str = "demo",
    meanwhile: Callable[[], object] = lambda: None,
) -> Artifact:
    """An artifact of three files, one of them empty, with `text` in it."""

    def work(out: Path) -> dict[str, int]:
        (out / "f.txt").write_text(text)
        (out / "sub").mkdir()
        (out / "sub" / "empty").touch()
        (out / "sub" / "value").write_text(str(value))
        meanwhile()
        return {"rows": len(text)}

    return store.build(
        stage, work, revision=1, config={"value": value}, inputs=inputs or {}, label="x"
    )


def text_of(artifact: Artifact) -> str:
    """The `text` that an artifact was built with."""
    return (artifact.path / "f.txt").read_text()
