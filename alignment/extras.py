"""Packages that only some features need, and one error for each that is not installed."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Literal

from alignment.errors import ConfigError

DISTRIBUTION = "crosslingual-alignment"
Extra = Literal[
    "bucket",
    "bundled",
    "hub",
    "lora",
    "mlflow",
    "mtdata",
    "onnx",
    "prefect",
    "ray",
    "remote",
    "retrieval",
    "search",
    "tensorboard",
]


def require(module: str, extra: Extra, purpose: str) -> ModuleType:
    """Import `module`, which the extra `extra` installs; `purpose` says what needs it.

    >>> require("json", "hub", "kind: hub").dumps([1])
    '[1]'
    >>> require("no_such_module", "hub", "kind: hub")
    Traceback (most recent call last):
    alignment.errors.ConfigError: kind: hub needs the extra `hub`, which is not installed
      pip install 'crosslingual-alignment[hub]'

    Raises:
        ConfigError: with the command that installs the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module != missing and not module.startswith(f"{missing}."):
            raise  # the package is there, and something that it needs is not
        raise ConfigError(
            f"{purpose} needs the extra `{extra}`, which is not installed",
            hint=f"pip install '{DISTRIBUTION}[{extra}]'",
        ) from error
