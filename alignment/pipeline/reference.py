"""Which encoder a candidate is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from alignment import layout
from alignment.registry import Registry, Version
from alignment.types import Artifact, Input

BASE = "the base encoder"


@dataclass(frozen=True)
class Reference:
    """The encoder that the candidate is compared with."""

    name: str
    """How messages call it: a version such as `v3`, or the base encoder."""
    encoder: Input

    def to_manifest(self) -> dict[str, str]:
        """What the manifest of a published version records."""
        return {"name": self.name, "digest": self.encoder.digest}


def choose_reference(
    encoder: Artifact, champion: Version | None, trained: Artifact, registry: Registry
) -> Reference:
    """The deployed version, or the base encoder before the first deployment.

    If the candidate itself is deployed, because a finished run is repeated, the reference is what
    it was compared with at the time: the repeated run asks the same question, so every stage of it
    is reused.
    """
    base = Reference(BASE, encoder.directory(layout.MODEL))
    if champion is None:
        return base
    if champion.digest != trained.directory(layout.MODEL).digest:
        return Reference(champion.name, champion.input())
    compared_with = champion.manifest.get("compared_with", {})
    for version in registry.versions():
        if {"name": version.name, "digest": version.digest} == compared_with:
            return Reference(version.name, version.input())
    return base
