"""What a candidate is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from alignment.registry import Registry, Version
from alignment.types import Artifact, Input

BASE = "the base encoder"


@dataclass(frozen=True)
class Reference:
    """What the candidate is compared with."""

    name: str
    encoder: Input

    def described(self) -> dict[str, str]:
        """For a version's manifest."""
        return {"name": self.name, "digest": self.encoder.digest}


def choose_reference(
    encoder: Artifact, champion: Version | None, trained: Artifact, registry: Registry
) -> Reference:
    """The deployed version; before the first one, the base encoder.

    When the candidate is the deployed version (a rerun), what that one was compared with: so the
    same question gets the same answer, from the store.
    """
    base = Reference(BASE, encoder.directory("model"))
    if champion is None:
        return base
    if champion.digest != trained.directory("model").digest:
        return Reference(champion.name, champion.input())
    before = champion.manifest.get("compared_with", {})
    version = next(
        (
            v
            for v in registry.versions()
            if v.digest == before.get("digest") and v.name == before.get("name")
        ),
        None,
    )
    return Reference(version.name, version.input()) if version else base
