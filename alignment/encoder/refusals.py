"""Directories that are no encoder, or one that cannot be treated rightly: refused by name."""

from __future__ import annotations

from pathlib import Path

from alignment.encoder.container import read_json, transformer_folder
from alignment.errors import Corrupt, Missing

# sentence-transformers' modules that follow a transformer.
SUPPORTED_MODULES = frozenset(
    {"Transformer", "Pooling", "Dense", "Normalize", "LayerNorm", "Dropout"}
)


def check_directory(path: Path, *, trust_remote_code: bool) -> None:
    """Look at the files of an encoder's directory before any of them is loaded.

    Raises:
        Missing: if the directory, or a file that it needs, does not exist.
        Corrupt: if it is something that this project cannot treat rightly.
    """
    if not path.is_dir():
        raise Missing(
            "there is no such encoder directory",
            where=str(path),
            hint="Give a local directory. Download a model of the Hugging Face Hub first, "
            "for example with `hf download`.",
        )
    if not (transformer_folder(path) / "config.json").is_file():
        raise Missing(
            "not an encoder directory: there is no config.json",
            where=str(path),
            hint="It needs config.json, model.safetensors and the tokenizer's files.",
        )
    _check_modules(path)
    _check_code(path, trust_remote_code=trust_remote_code)


def _check_modules(path: Path) -> None:
    listing = path / "modules.json"
    if not listing.is_file():
        return
    for module in read_json(listing, []):
        name = str(module.get("type", "")).rpartition(".")[2]
        if name not in SUPPORTED_MODULES:
            raise Corrupt(
                f"the module {name} of sentence-transformers is not supported",
                where=str(listing),
                hint=f"Supported are {', '.join(sorted(SUPPORTED_MODULES))}.",
            )


def _check_code(path: Path, *, trust_remote_code: bool) -> None:
    from transformers import CONFIG_MAPPING

    config = read_json(transformer_folder(path) / "config.json", {})
    needs_code = config.get("auto_map") and config.get("model_type") not in CONFIG_MAPPING
    if needs_code and not trust_remote_code:
        raise Corrupt(
            "this model comes with Python code of its own, which is not run",
            where=str(path),
            hint="Read the code. If you trust it, set encoder.trust_remote_code: true.",
        )
