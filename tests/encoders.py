"""Tiny encoder directories for tests of publishing, with their real digests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from alignment.files import tree_digests
from alignment.registry import Registry, Version
from alignment.types import Accuracy, Approved, Artifact, Finding, Input, combined_digest

FINDING = Finding(
    "cy", "heldout", True, "", Accuracy(0.5, 0.5, 40), Accuracy(1, 1, 40), 0.5, 40, 0, 1.0
)
APPROVED = Approved((FINDING,), "the base encoder")


def encoder_input(path: Path, content: str) -> Input:
    """An encoder directory with one file of weights and one of settings."""
    (path / "1_Pooling").mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(content)
    (path / "1_Pooling" / "config.json").write_text("{}")
    return input_of(path)


def input_of(path: Path) -> Input:
    """An encoder directory as it is."""
    digests = tree_digests(path)
    return Input(combined_digest(digests), path, "", digests)


def digest_of(content: str) -> str:
    """The digest of `encoder_input` with this content."""
    files = {"config.json": content, "1_Pooling/config.json": "{}"}
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    return combined_digest(digests)


def trained_artifact(root: Path, content: str) -> Artifact:
    """An artifact of `train` whose model is `encoder_input` with valid JSON."""
    encoder_input(root / content / "model", json.dumps(content))
    files = tree_digests(root / content)
    return Artifact("train", "", content, root / content, files, {}, 0.0, content)


def publish_contents(
    registry: Registry, *contents: str, deploy: bool = True, at: Path | None = None
) -> list[Version]:
    """Publish encoders with these contents one after another; they are made in `at`."""
    versions = []
    place = at or registry.root.parent.parent
    for content in contents:
        champion = registry.champion()
        version = registry.publish(
            encoder_input(place / "encoders" / content, content),
            APPROVED,
            expected=champion.digest if champion else None,
            manifest={"accuracy": {"heldout": {"cy": 0.5}}},
            card="# card",
            deploy=deploy,
        )
        versions.append(version)
    return versions
