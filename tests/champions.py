"""A deployed version that is worse than its publication says."""

from __future__ import annotations

from alignment import layout
from alignment.gate.record import verdict_from_json
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.store import load_artifact
from alignment.types import Approved


def deploy_base(place: Workspace) -> Version:
    """Deploy the base encoder as `v2` with the published scores of `v1`, which it never had."""
    registry = place.registry("smoke")
    v1 = registry.get("v1")
    verdict = verdict_from_json(v1.manifest["verdict"])
    assert isinstance(verdict, Approved)
    (path,) = (place.store.root / "encoder").iterdir()
    return registry.publish(
        load_artifact(path).directory(layout.MODEL),
        verdict,
        expected=v1.digest,
        manifest={"verdict": v1.manifest["verdict"], "accuracy": {}},
        card="# card",
    )
