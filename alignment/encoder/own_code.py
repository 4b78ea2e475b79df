"""Python code that comes with a model: run only if it is trusted, and only if it is pinned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.encoder.files import read_json
from alignment.errors import Corrupt

_OWN_CODE = "this model comes with Python code of its own"


def not_trusted(where: str, what: str = _OWN_CODE) -> Corrupt:
    """The error for code that may not run; `what` is the sentence's subject and verb."""
    return Corrupt(
        f"{what}, which is not run",
        where=where,
        hint="Read the code. If you trust it, set encoder.trust_remote_code: true "
        "(trust_remote_code=True in Python, --trust-remote-code for `alignment encode`).",
    )


def check_own_code(
    path: Path, folder: Path, config: dict[str, Any], *, trust_remote_code: bool
) -> None:
    """Check the code that a model's configuration and its tokenizer's refer to.

    Args:
        path: The encoder's directory.
        folder: The transformer's, with config.json.
        config: Content of config.json.
        trust_remote_code: Whether the code may run.

    Raises:
        Corrupt: if it is needed and may not run, or is in another repository, which can change.
    """
    tokenizer = read_json(folder / "tokenizer_config.json", {})
    needed = _model_needs_code(config) or _tokenizer_needs_code(tokenizer)
    if not (needed or trust_remote_code):
        return
    _check_place(folder / "config.json", config)
    _check_place(folder / "tokenizer_config.json", tokenizer)
    if not trust_remote_code:
        raise not_trusted(str(path))


def _model_needs_code(config: dict[str, Any]) -> bool:
    """Whether the model has code, and transformers does not know its type."""
    if not config.get("auto_map"):
        return False
    from transformers import CONFIG_MAPPING  # takes a second

    return config.get("model_type") not in CONFIG_MAPPING


def _tokenizer_needs_code(config: dict[str, Any]) -> bool:
    """Whether the tokenizer has code, and transformers does not know its class."""
    if not _auto_map(config).get("AutoTokenizer"):
        return False
    import transformers

    return not hasattr(transformers, str(config.get("tokenizer_class") or ""))


def _auto_map(config: dict[str, Any]) -> dict[str, Any]:
    auto_map = config.get("auto_map") or {}
    if isinstance(auto_map, dict):
        return auto_map
    return {"AutoTokenizer": auto_map}  # an old spelling: the slow class and the fast one


def _check_place(file: Path, config: dict[str, Any]) -> None:
    for classes in _auto_map(config).values():
        for reference in classes if isinstance(classes, list) else [classes]:
            repository, separator, _ = str(reference).partition("--")
            if separator:
                raise _elsewhere(file, repository)


def _elsewhere(file: Path, repository: str) -> Corrupt:
    return Corrupt(
        f"the model's code is in another repository, {repository}, whose revision is not pinned",
        where=str(file),
        hint="Read the code there. Download the model, copy the code's .py files into its "
        f"directory, remove `{repository}--` from auto_map in {file.name}, and use "
        "`encoder: {source: local, path: ..., trust_remote_code: true}`.",
    )
