"""The list of a directory's modules, modules.json: which ones can be trained and published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.downloads.hub import conversion_command
from alignment.encoder.files import MODULES, read_json
from alignment.encoder.own_code import not_trusted
from alignment.encoder.weights_files import WEIGHTS, read_header
from alignment.errors import Corrupt, Missing

SUPPORTED = frozenset({"Transformer", "Pooling", "Dense", "Normalize", "LayerNorm", "Dropout"})
_WITH_WEIGHTS = frozenset({"Dense", "LayerNorm"})
_LIBRARY = "sentence_transformers."
_TORCH = "torch.nn."

_REASONS = {
    "StaticEmbedding": "it is a table of word vectors without a transformer",
    "WordEmbeddings": "it is a table of word vectors without a transformer",
    "WordWeights": "it weighs word vectors without a transformer",
    "BoW": "it counts words",
    "CNN": "it is a network of its own over word vectors",
    "LSTM": "it is a network of its own over word vectors",
    "WeightedLayerPooling": "it needs the outputs of all layers",
    "CLIPModel": "it also reads images",
    "Router": "it has different modules for queries and documents",
    "Asym": "it has different modules for queries and documents",
    "SpladePooling": "it belongs to a SparseEncoder",
    "MLMTransformer": "it belongs to a SparseEncoder",
    "SparseAutoEncoder": "it belongs to a SparseEncoder",
    "SparseStaticEmbedding": "it belongs to a SparseEncoder",
    "MultiVectorMask": "it belongs to a model with one vector per token",
}


def check_modules(path: Path, *, trust_remote_code: bool) -> None:
    """Check modules.json and the files of the modules after the transformer.

    A directory without the file is one of transformers alone.

    Raises:
        Missing: if a module's weights are not there as safetensors.
        Corrupt: if there is a module that is not supported.
    """
    listing = path / MODULES
    if not listing.is_file():
        return
    modules = read_json(listing, [])
    if not _is_list_of_modules(modules):
        raise Corrupt("this is no list of modules", where=str(listing), hint="Copy it again.")
    names = [_name(module) for module in modules]
    for module, name in zip(modules, names, strict=True):
        if name in SUPPORTED and module["type"].startswith(_LIBRARY):
            _check_files(path, module, name, trust_remote_code=trust_remote_code)
        elif module["type"].startswith(_LIBRARY) or not trust_remote_code:
            raise _unsupported(listing, module["type"], name)
    if names[0] != "Transformer" or "Pooling" not in names:
        raise Corrupt(
            f"the modules are {', '.join(names)}; expected a Transformer, then a Pooling",
            where=str(listing),
            hint="Save the model with sentence-transformers' own modules.",
        )


def _is_list_of_modules(modules: Any) -> bool:
    if not isinstance(modules, list) or not modules:
        return False
    for module in modules:
        if not isinstance(module, dict) or not {"type", "path"} <= module.keys():
            return False
    return True


def _name(module: dict[str, Any]) -> str:
    return str(module["type"]).rpartition(".")[2]


def _unsupported(listing: Path, kind: str, name: str) -> Corrupt:
    if not kind.startswith(_LIBRARY):
        what = f"the module {kind} is Python code that comes with the model"
        return not_trusted(str(listing), what)
    reason = f": {_REASONS[name]}" if name in _REASONS else ""
    return Corrupt(
        f"the module {name} of sentence-transformers is not supported{reason}",
        where=str(listing),
        hint=f"Supported are {', '.join(sorted(SUPPORTED))}. Use an encoder of these.",
    )


def _check_files(path: Path, module: dict[str, Any], name: str, *, trust_remote_code: bool) -> None:
    folder = path / str(module["path"])
    if name in _WITH_WEIGHTS:
        weights = folder / WEIGHTS
        if not weights.is_file():
            raise Missing(
                f"the weights of the module {name} are not there as safetensors",
                where=str(weights),
                hint=f"Convert the model with {conversion_command(str(path))} and use NEW.",
            )
        read_header(weights)
    if name == "Dense":
        _check_activation(folder / "config.json", trust_remote_code=trust_remote_code)


def _check_activation(config: Path, *, trust_remote_code: bool) -> None:
    """sentence-transformers would use Tanh in place of a function that it does not trust."""
    activation = str(read_json(config, {}).get("activation_function", _TORCH))
    if activation.startswith("torch.") or trust_remote_code:
        return
    raise Corrupt(
        f"the activation function {activation} is code from outside torch, which is not run",
        where=str(config),
        hint="Write an equal one of torch.nn there, or set encoder.trust_remote_code: true.",
    )
