"""Tiny random encoders in the layouts that are found on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedModel, PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

TEXTS = [
    "the red house is old",
    "das rote haus ist alt",
    "la casa roja es vieja",
    "a blue boat",
    "un barco azul es nuevo",
    "Bore da",
]
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
Model = TypeVar("Model", bound=PreTrainedModel)


def toy_tokenizer(
    special: Sequence[str] = SPECIAL, texts: Sequence[str] = TEXTS, **settings: Any
) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(special_tokens=list(special), show_progress=False)
    tokenizer.train_from_iterator([*texts, *map(str.lower, texts)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        **{"model_max_length": 64, **settings},
    )


def randomized(model: Model) -> Model:
    """With weights large enough that attention and order matter."""
    generator = torch.Generator().manual_seed(3)
    for weight in model.parameters():
        noise = 0.3 * torch.randn(weight.shape, generator=generator)
        weight.data = noise + (weight.ndim == 1) * weight.data
    model.train(False)
    return model


def xlmr(vocab_size: int, **settings: Any) -> XLMRobertaModel:
    config = XLMRobertaConfig(
        **{
            **SIZES,
            "vocab_size": vocab_size,
            "max_position_embeddings": 66,
            "type_vocab_size": 1,
            "pad_token_id": 1,
            "bos_token_id": 0,
            "eos_token_id": 2,
            **settings,
        }
    )
    return randomized(XLMRobertaModel(config, add_pooling_layer=False))


def scale_embedding(model: Any, factor: float) -> None:
    with torch.no_grad():
        model.get_input_embeddings().weight.mul_(factor)


def set_embedding(model: Any, row: int, value: float) -> None:
    with torch.no_grad():
        model.get_input_embeddings().weight[row, 3] = value


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def change_json(path: Path, **changes: Any) -> None:
    write_json(path, {**json.loads(path.read_text()), **changes})


def save_toy(
    path: Path,
    model: PreTrainedModel | None = None,
    tokenizer: PreTrainedTokenizerFast | None = None,
) -> Path:
    """A directory of transformers alone."""
    tokenizer = tokenizer or toy_tokenizer()
    (model or xlmr(len(tokenizer))).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def add_modules(
    path: Path, *kinds: str, first: str = "", pooling: dict[str, Any] | None = None
) -> Path:
    """Write modules.json in the old spelling: a Transformer, a Pooling, and `kinds`."""
    names = ["Transformer", "Pooling", *kinds]
    modules = []
    for index, name in enumerate(names):
        folder = f"{index}_{name}" if index else first
        kind = name if "." in name else f"sentence_transformers.models.{name}"
        modules.append({"idx": index, "name": str(index), "path": folder, "type": kind})
    write_json(path / "modules.json", modules)
    default = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True}
    write_json(path / "1_Pooling/config.json", pooling or default)
    return path


def add_dense(path: Path, activation: str = "torch.nn.modules.activation.Tanh") -> Path:
    """A Dense from 32 to 16 dimensions as the third module."""
    add_modules(path, "Dense")
    folder = path / "2_Dense"
    config = {"in_features": 32, "out_features": 16, "bias": True}
    write_json(folder / "config.json", {**config, "activation_function": activation})
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(16, 32, generator=generator)
    save_file(
        {"linear.weight": weight, "linear.bias": torch.zeros(16)}, folder / "model.safetensors"
    )
    return path


def qwen(vocab_size: int) -> PreTrainedModel:
    config = transformers.Qwen3Config(
        **SIZES, num_key_value_heads=2, head_dim=8, vocab_size=vocab_size
    )
    return randomized(transformers.Qwen3Model(config))


def change_weights(path: Path, change: Any) -> None:
    """Rewrite model.safetensors with `change` applied to the dictionary of tensors."""
    file = path / "model.safetensors"
    save_file(change(load_file(file)), file, metadata={"format": "pt"})


def add_own_code(path: Path, marker: Path) -> Path:
    """Python code that writes the file `marker` when it runs."""
    change_json(
        path / "config.json",
        model_type="toy",
        auto_map={"AutoConfig": "configuration.ToyConfig", "AutoModel": "modeling.ToyModel"},
    )
    (path / "configuration.py").write_text(
        f"import pathlib\npathlib.Path({str(marker)!r}).write_text('ran')\n"
        "from transformers import XLMRobertaConfig\n"
        "class ToyConfig(XLMRobertaConfig):\n    model_type = 'toy'\n"
    )
    (path / "modeling.py").write_text(
        "from transformers import XLMRobertaModel\n"
        "from .configuration import ToyConfig\n"
        "class ToyModel(XLMRobertaModel):\n    config_class = ToyConfig\n"
    )
    return path
