"""The JSON files of an encoder's directory, and where its transformer is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt

MODULES = "modules.json"
"""sentence-transformers' list of the modules; a directory of transformers alone has none."""


def transformer_folder(path: Path) -> Path:
    """Where in a directory config.json and the transformer's weights are."""
    modules: list[dict[str, str]] = read_json(path / MODULES, [])
    return path / modules[0]["path"] if modules else path


def read_json(path: Path, default: Any) -> Any:
    """The content of a JSON file; `default` if there is no file.

    Raises:
        Corrupt: if it is not JSON.
    """
    if not path.is_file():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"not JSON: {error}", where=str(path)) from error
