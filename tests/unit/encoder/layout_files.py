"""Writes an encoder's directory as its publisher did, in the old or in the new spelling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, product
from pathlib import Path

import pytest
import sentence_transformers
import torch
import transformers
from packaging.version import Version
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModel,
    MT5EncoderModel,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5EncoderModel,
    UMT5EncoderModel,
)

KNOWS_NEW_NORMALIZE = Version(sentence_transformers.__version__) >= Version("6")
TEXTS = [
    "the red house is old",
    "das rote haus ist alt",
    "la casa roja es vieja",
    "a blue boat",
    "ein blaues boot ist neu",
    "un barco azul es nuevo",
    "Bore da",
    "the old boat is a small blue boat and the red house is a small new house",
]
THINGS = {"house": "haus", "boat": "boot", "tree": "baum", "door": "tor"}
COLORS = {"red": "rote", "blue": "blaue", "green": "gruene"}
AGES = {"old": "alt", "new": "neu"}
PAIRS = [
    (f"the {color} {thing} is {age}", f"das {COLORS[color]} {THINGS[thing]} ist {AGES[age]}")
    for color, thing, age in product(COLORS, THINGS, AGES)
]
"""Sentences and their translations."""
PROMPTS = "task query passage document search result title none text : |"
DIM = 32
MAX_TOKENS = 48
NAMES_IN_OLD_SPELLING = {
    "cls": "cls_token",
    "max": "max_tokens",
    "mean": "mean_tokens",
    "mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "weightedmean": "weightedmean_tokens",
    "lasttoken": "lasttoken",
}
_ENCODERS = {"t5": T5EncoderModel, "mt5": MT5EncoderModel, "umt5": UMT5EncoderModel}


@dataclass(frozen=True)
class Special:
    """The special tokens of a vocabulary, in its order, and the template of a sentence."""

    order: tuple[str, ...] = ("<s>", "<pad>", "</s>", "<unk>")
    template: str = "<s> $A </s>"
    padding_side: str = "right"
    pad: str = "<pad>"

    @property
    def pad_id(self) -> int:
        return self.order.index(self.pad)


BERT = Special(("[PAD]", "[UNK]", "[CLS]", "[SEP]"), "[CLS] $A [SEP]", pad="[PAD]")
T5 = Special(("<pad>", "</s>", "<unk>"), "$A </s>")
XLNET = Special(("<unk>", "<sep>", "<cls>", "<pad>"), "$A:0 <sep>:0 <cls>:2", "left")
GEMMA = Special(("<pad>", "<eos>", "<bos>", "<unk>"), "<bos> $A <eos>")
LLAMA = Special(("<unk>", "<s>", "</s>", "<pad>"), "<s> $A </s>")
QWEN = Special(("<|endoftext|>", "<unk>"), "$A <|endoftext|>", "left", pad="<|endoftext|>")


@dataclass(frozen=True)
class Dense:
    """A Dense module of sentence-transformers."""

    size: int
    activation: str = "Tanh"
    bias: bool = True


@dataclass(frozen=True)
class Layout:
    """The directory of a published encoder with few and random weights."""

    name: str
    architecture: str
    """A configuration class of transformers, without `Config`."""
    sizes: Mapping[str, object]
    """Options of the configuration, without the vocabulary's size and the padding id."""
    special: Special = Special()
    pooling: tuple[str, ...] = ("mean",)
    dense: tuple[Dense, ...] = ()
    normalize: bool = False
    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    include_prompt: bool = True
    lower_case: bool = False
    folder: str = ""
    """Where the transformer is: `0_Transformer` in directories of 2021."""
    new_spelling: bool = False
    since: str = "5"
    """The version of transformers that treats it rightly."""

    @property
    def needs_newer(self) -> bool:
        """Whether the installed transformers gets this layout wrong."""
        return Version(transformers.__version__) < Version(self.since)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.dense[-1].size if self.dense else DIM * len(self.pooling)


def skip_without(layout: Layout) -> None:
    """Skip the test if this transformers does not have the architecture, or gets it wrong."""
    if not hasattr(transformers, f"{layout.architecture}Config"):
        pytest.skip(f"transformers has no {layout.architecture}")
    if layout.needs_newer:
        pytest.skip(f"{layout.name} needs transformers {layout.since}")
    if layout.new_spelling and layout.normalize and not KNOWS_NEW_NORMALIZE:
        pytest.skip(f"{layout.name} is in the spelling of sentence-transformers 6")


def write_layout(path: Path, layout: Layout) -> None:
    """Write all files of the layout."""
    folder = path / layout.folder
    tokenizer = new_tokenizer(layout.special, layout.lower_case and layout.new_spelling)
    config = getattr(transformers, f"{layout.architecture}Config")(
        **layout.sizes, vocab_size=len(tokenizer), pad_token_id=layout.special.pad_id
    )
    random_model(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    limits = {"max_seq_length": MAX_TOKENS, "do_lower_case": layout.lower_case}
    _write(folder / "sentence_bert_config.json", limits)
    prompts = {"prompts": dict(layout.prompts), "default_prompt_name": layout.default_prompt}
    _write(path / "config_sentence_transformers.json", {**prompts, "similarity_fn_name": "cosine"})
    _write_modules(path, layout)


def new_tokenizer(special: Special, lower_case: bool = False) -> PreTrainedTokenizerFast:
    """A word tokenizer for `TEXTS` and the prompts."""
    tokens = [*special.order, *_words()]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    unknown = next(token for token in special.order if "unk" in token.lower())
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if lower_case:
        tokenizer.normalizer = normalizers.Lowercase()
    words = [word.split(":")[0] for word in special.template.split()]
    around = [word for word in words if word != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=special.template, special_tokens=[(token, vocabulary[token]) for token in around]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=unknown,
        pad_token=special.pad,
        eos_token=around[-1],
        padding_side=special.padding_side,
        model_max_length=MAX_TOKENS,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def _words() -> list[str]:
    words = set(PROMPTS.split())
    for text in [*TEXTS, *chain.from_iterable(PAIRS)]:
        words.update(text.split(), text.lower().split())
    return sorted(words)


def random_model(config: PreTrainedConfig) -> PreTrainedModel:
    """A model whose weights are so large that attention and order matter."""
    kind = _ENCODERS.get(config.model_type)
    config.architectures = []  # Funnel's is looked up in it
    model: PreTrainedModel = kind(config) if kind else AutoModel.from_config(config)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in model.parameters():
            noise = 0.3 * torch.randn(weight.shape, generator=generator)
            weight.copy_(weight + noise if weight.ndim == 1 else noise)
    return model


def _write_modules(path: Path, layout: Layout) -> None:
    entries = [("Transformer", layout.folder), ("Pooling", "1_Pooling")]
    _write(path / "1_Pooling" / "config.json", _pooling(layout))
    size = DIM * len(layout.pooling)
    for dense in layout.dense:
        folder = f"{len(entries)}_Dense"
        entries.append(("Dense", folder))
        _write_dense(path / folder, dense, size, layout.new_spelling)
        size = dense.size
    if layout.normalize:
        entries.append(("Normalize", f"{len(entries)}_Normalize"))
    listing = []
    for number, (name, folder) in enumerate(entries):
        kind = _type_of(name, layout.new_spelling)
        listing.append({"idx": number, "name": str(number), "path": folder, "type": kind})
    _write(path / "modules.json", listing)


def _type_of(name: str, new_spelling: bool) -> str:
    if not new_spelling:
        return f"sentence_transformers.models.{name}"
    if name == "Pooling":
        return "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
    return f"sentence_transformers.base.modules.{name.lower()}.{name}"


def _pooling(layout: Layout) -> dict[str, object]:
    if layout.new_spelling:
        modes = layout.pooling[0] if len(layout.pooling) == 1 else list(layout.pooling)
        return {
            "embedding_dimension": DIM,
            "pooling_mode": modes,
            "include_prompt": layout.include_prompt,
        }
    config: dict[str, object] = {"word_embedding_dimension": DIM}
    for mode, name in NAMES_IN_OLD_SPELLING.items():
        config[f"pooling_mode_{name}"] = mode in layout.pooling
    return {**config, "include_prompt": layout.include_prompt}


def _write_dense(path: Path, dense: Dense, size: int, new_spelling: bool) -> None:
    module = "linear" if dense.activation == "Identity" else "activation"
    config: dict[str, object] = {
        "in_features": size,
        "out_features": dense.size,
        "bias": dense.bias,
        "activation_function": f"torch.nn.modules.{module}.{dense.activation}",
    }
    if new_spelling:
        config["module_input_name"] = "sentence_embedding"
        config["module_output_name"] = "sentence_embedding"
    _write(path / "config.json", config)
    generator = torch.Generator().manual_seed(5)
    weights = {"linear.weight": 0.3 * torch.randn(dense.size, size, generator=generator)}
    if dense.bias:
        weights["linear.bias"] = 0.3 * torch.randn(dense.size, generator=generator)
    save_file(weights, path / "model.safetensors")


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2))
