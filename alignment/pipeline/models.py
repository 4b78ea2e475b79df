"""Open the encoder that a user names: a directory, a published version, or a hub repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alignment import layout
from alignment.config import HubEncoder
from alignment.context import RunContext
from alignment.errors import ConfigError
from alignment.stages.encoder import base_encoder

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.pipeline.workspace import Workspace

_VERSION = re.compile(r"(champion|challenger|previous|v[1-9][0-9]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class ModelSource(NamedTuple):
    """Where an encoder is, and what to call it."""

    name: str
    path: Path


def find_model(
    model: str, workspace: Workspace, context: RunContext, *, trust_remote_code: bool = False
) -> ModelSource:
    """The directory of an encoder.

    Args:
        model: A directory; `NAME@champion` or `NAME@v3` of the workspace's registry; or
            `ORGANIZATION/NAME@COMMIT` of the Hugging Face Hub, which is fetched and probed.
        workspace: Whose registry is read.
        context: Where a fetched encoder is kept.
        trust_remote_code: Run Python code that comes with the encoder.

    Raises:
        ConfigError: if it is none of these.
        Missing: if the registry has no such model or version.
        SourceError: if it cannot be fetched.
    """
    if Path(model).is_dir():
        return ModelSource(Path(model).resolve().name, Path(model).resolve())
    name, _, version = model.rpartition("@")
    if name and "/" not in name and _VERSION.fullmatch(version):
        stored = workspace.registry(name).get(version)
        return ModelSource(f"{name} {stored.name}", stored.path)
    if "/" in name and _COMMIT.fullmatch(version):
        settings = HubEncoder(
            source="hub", model=name, revision=version, trust_remote_code=trust_remote_code
        )
        artifact = base_encoder(context, settings, {})
        return ModelSource(name, artifact.path / layout.MODEL)
    raise ConfigError(
        f"{model!r} is not an encoder",
        where="MODEL",
        hint="Pass a directory, a published version such as quickstart@champion, or a model of "
        "the Hugging Face Hub with its full commit hash, such as BAAI/bge-m3@<40 hex digits>.",
    )


def open_model(path: Path, *, trust_remote_code: bool = False) -> Encoder:
    """Load the encoder in this directory on the fastest device."""
    from alignment.encoder.device import fastest_device
    from alignment.encoder.directory import load_encoder

    return load_encoder(path, device=fastest_device(), trust_remote_code=trust_remote_code)
