"""Whether a directory had every weight of the model that was loaded from it.

transformers gives weights that it does not find random values and goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.encoder.files import transformer_folder
from alignment.errors import Corrupt

NAMES_IN_ERROR = 3
_UNUSED = "pooler."  # the head of BERT's next-sentence task, which no vector depends on


def check_all_loaded(model: Any, path: Path) -> None:
    """Check that the weights were all in the files; take an unused pooler away.

    Args:
        model: The transformers model, as it was loaded.
        path: The encoder's directory.

    Raises:
        Corrupt: with the names of missing weights.
    """
    folder = transformer_folder(path)
    # On the device "meta" only names and shapes are read. It takes a tenth of a second.
    _, report = type(model).from_pretrained(
        folder,
        config=model.config,
        output_loading_info=True,
        device_map="meta",
        use_safetensors=True,
        local_files_only=True,
    )
    missing = sorted(report["missing_keys"])
    poolers = [name for name in missing if name.startswith(_UNUSED)]
    if poolers:
        model.pooler = None
    needed = [name for name in missing if name not in poolers]
    if needed:
        unexpected = sorted(report["unexpected_keys"])
        raise Corrupt(
            f"{len(needed)} weights of {type(model).__name__} are not in its files: "
            + _some(needed),
            where=str(folder),
            hint=_hint(needed, unexpected),
        )


def _hint(missing: list[str], unexpected: list[str]) -> str:
    """What to do, with the names in the files that end like a missing one."""
    endings = tuple(f".{name}" for name in missing)
    renamed = [name for name in unexpected if name.endswith(endings)]
    if not renamed:
        return "The files are incomplete, or of another model. Fetch or save the model again."
    return (
        f"The files have other names: {_some(renamed)}. Save the model itself, without the "
        "wrapper (torch.compile, a training class, a decoder) that it was saved with."
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_IN_ERROR])
    return shown if len(names) <= NAMES_IN_ERROR else f"{shown}, ..."
