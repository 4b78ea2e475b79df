"""Directories that are no encoder, or one that cannot be treated rightly: refused by name.

Everything here is read from the files, before any of them is loaded. Each message says what the
directory is and what to do instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.downloads.hub import conversion_command
from alignment.encoder.files import MODULES, read_json, transformer_folder
from alignment.encoder.module_list import check_modules
from alignment.encoder.own_code import check_own_code
from alignment.encoder.weights_files import read_header, weight_files
from alignment.errors import Corrupt, Missing

SENTENCE_TRANSFORMERS_CONFIG = "config_sentence_transformers.json"
ADAPTER = "adapter_config.json"

_OTHER_KINDS = {
    "CrossEncoder": "it scores a pair of texts and gives no vector of one text",
    "SparseEncoder": "its vectors have one dimension per word and are mostly zero",
    "MultiVectorEncoder": "it gives one vector per token",
    "ColBERT": "it gives one vector per token",
}
"""What `model_type` of sentence-transformers may say, and why it is no encoder."""

_MEDIA = ("vision_config", "audio_config")
_CLASSIFIER = "ForSequenceClassification"

# In the order in which they are named: the pickles can be converted with one command.
_OTHER_WEIGHTS = {
    "*.bin": "pickled weights (.bin)",
    "*.pt": "pickled weights (.pt)",
    "*.pth": "pickled weights (.pth)",
    "*.onnx": "ONNX weights",
    "onnx/*.onnx": "ONNX weights",
    "openvino/*.xml": "OpenVINO weights",
    "*.gguf": "GGUF weights",
    "*.h5": "TensorFlow weights (.h5)",
    "*.msgpack": "Flax weights (.msgpack)",
}
_PICKLES = ("*.bin", "*.pt", "*.pth")

_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "*.model",
    "*.tiktoken",
    "*.vocab",
    "*.codes",
    "vocab.*",
    "tokenization*.py",
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
            hint="Give a local directory. A model of the Hugging Face Hub is fetched by "
            "`encoder: {source: hub, ...}` in a run, or by `hf download`.",
        )
    _check_kind(path)
    check_modules(path, trust_remote_code=trust_remote_code)
    folder = transformer_folder(path)
    _check_adapter(path, folder)
    _check_has_config(path, folder)
    _check_weights(path, folder)
    config = read_json(folder / "config.json", {})
    _check_config(path, folder, config)
    _check_tokenizer(folder)
    check_own_code(path, folder, config, trust_remote_code=trust_remote_code)


def _check_kind(path: Path) -> None:
    """Whether sentence-transformers calls it something else than an encoder of dense vectors."""
    kind = str(read_json(path / SENTENCE_TRANSFORMERS_CONFIG, {}).get("model_type", ""))
    if kind in ("", "SentenceTransformer"):
        return
    reason = _OTHER_KINDS.get(kind, "it is not one of dense sentence vectors")
    raise Corrupt(
        f"this is a {kind}: {reason}",
        where=str(path / SENTENCE_TRANSFORMERS_CONFIG),
        hint="Use an encoder that SentenceTransformer loads, with one dense vector per text.",
    )


def _check_adapter(path: Path, folder: Path) -> None:
    if not (folder / ADAPTER).is_file():
        return
    named = str(read_json(folder / ADAPTER, {}).get("base_model_name_or_path") or "BASE")
    if weight_files(folder):
        raise Corrupt(
            "there is a PEFT adapter beside the weights of a model, and no file says whether the "
            "weights include it",
            where=str(folder / ADAPTER),
            hint="If they do, remove the adapter's files. If they are its base, merge it with "
            f"{_merge_command(path, folder)} and use NEW (it needs `pip install peft`).",
        )
    raise Corrupt(
        f"there is a PEFT adapter, which has to be merged with its base model {named!r}",
        where=str(folder / ADAPTER),
        hint=f"Merge it with {_merge_command(path, folder, named)} and use NEW (it needs "
        "`pip install peft`).",
    )


def _merge_command(path: Path, folder: Path, base: str | None = None) -> str:
    """A command that copies the directory to NEW and merges its adapter into the weights there.

    Without a `base`, the weights in the directory are the base.
    """
    merged = Path("NEW", folder.relative_to(path)).as_posix()
    return (
        'python -c "import peft, shutil, transformers; '
        f"shutil.copytree({str(path)!r}, 'NEW', ignore=shutil.ignore_patterns('adapter_*')); "
        f"base = transformers.AutoModel.from_pretrained({base or merged!r}); "
        f"model = peft.PeftModel.from_pretrained(base, {str(folder)!r}); "
        f'model.merge_and_unload().save_pretrained({merged!r})"'
    )


def _check_has_config(path: Path, folder: Path) -> None:
    if (folder / "config.json").is_file():
        return
    raise Missing(
        "not an encoder: config.json is missing",
        where=str(folder),
        hint=_other_weights_hint(path, folder)
        or "It needs config.json, model.safetensors and the tokenizer's files. "
        "Set encoder.path to a directory in the format of transformers or sentence-transformers.",
    )


def _check_weights(path: Path, folder: Path) -> None:
    """Whether the transformer's weights are there as safetensors, and whole."""
    files = weight_files(folder)
    if not files:
        raise Missing(
            "there are no weights as safetensors",
            where=str(folder),
            hint=_other_weights_hint(path, folder) or "It needs model.safetensors.",
        )
    for file in files:
        read_header(file)


def _other_weights_hint(path: Path, folder: Path) -> str:
    """What to do about weights in another format; "" if there are none."""
    for pattern, name in _OTHER_WEIGHTS.items():
        if not any(folder.glob(pattern)):
            continue
        if pattern in _PICKLES:
            return (
                f"It has {name}, which are not loaded. Convert them with "
                f"{conversion_command(str(path))} and use NEW."
            )
        return f"It has {name}, which cannot be trained. Use the original model."
    return ""


def _check_config(path: Path, folder: Path, config: dict[str, Any]) -> None:
    where = str(folder / "config.json")
    quantization = config.get("quantization_config")
    if quantization:
        method = quantization.get("quant_method", "unknown method")
        raise Corrupt(
            f"the weights are quantized ({method}) and cannot be trained",
            where=where,
            hint="Use the original model. Set encoder.dtype to publish smaller weights.",
        )
    media = [key for key in _MEDIA if config.get(key)]
    if media:
        raise Corrupt(
            f"this model also reads images or sound ({media[0]} in config.json)",
            where=where,
            hint="Use an encoder of text alone.",
        )
    architecture = "".join(config.get("architectures") or [])
    if _CLASSIFIER in architecture and not (path / MODULES).is_file():
        raise Corrupt(
            f"this is a classifier or a CrossEncoder ({architecture}): it gives scores, no vector",
            where=where,
            hint="Use an encoder that SentenceTransformer loads.",
        )


def _check_tokenizer(folder: Path) -> None:
    """Without its files, transformers makes up a tokenizer without words."""
    if not any(any(folder.glob(pattern)) for pattern in _TOKENIZER_FILES):
        raise Missing(
            "the tokenizer's files are missing",
            where=str(folder),
            hint="Copy them from the original model: tokenizer.json and tokenizer_config.json, "
            "or vocab.txt, or sentencepiece.bpe.model.",
        )
    named = read_json(folder / "sentence_bert_config.json", {}).get("tokenizer_name_or_path")
    if named:
        raise Corrupt(
            f"the tokenizer is taken from another place, {named!r}, which can change",
            where=str(folder / "sentence_bert_config.json"),
            hint="Copy that tokenizer's files into this directory, and remove "
            "tokenizer_name_or_path.",
        )
