"""Models and rows for the tests of packing."""

import tempfile
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import (
    AutoModel,
    BertConfig,
    DistilBertConfig,
    ElectraConfig,
    EuroBertConfig,
    Gemma2Config,
    Gemma3TextConfig,
    LlamaConfig,
    MistralConfig,
    ModernBertConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen3Config,
    XLMRobertaConfig,
)

from alignment.encoder.scratch import scratch_encoder
from tests.unit.encoder.examples import CONFIG, TEXTS

ROWS = [
    [5, 9],
    [7, 8],
    [5, 6, 7, 8, 9],
    [9, 9, 9, 9, 9],
    [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
]
WINDOW = 4
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 60,
    "max_position_embeddings": 64,
}
WITHOUT_DROPOUT: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
GROUPED: dict[str, Any] = {"num_key_value_heads": 2, "pad_token_id": 0, "head_dim": 8}
ALTERNATING: dict[str, Any] = {
    "layer_types": ["sliding_attention", "full_attention"],
    "sliding_window": WINDOW,
}
LOCAL: dict[str, Any] = {
    "pad_token_id": 0,
    "local_attention": 2 * WINDOW,
    "global_attn_every_n_layers": 2,
}
EVERY_SECOND_LOCAL: dict[str, Any] = {
    "pad_token_id": 0,
    "local_attention": 2 * WINDOW,
    "global_attn_every_n_layers": 2,
}


def bert_config() -> BertConfig:
    """Bidirectional, positions from 0."""
    return BertConfig(**SIZES, **WITHOUT_DROPOUT)


def families() -> dict[str, PreTrainedConfig]:
    """A small configuration of each kind of attention that can be packed."""
    return {
        "bert": bert_config(),
        "xlm-roberta": XLMRobertaConfig(**SIZES, **WITHOUT_DROPOUT),
        "electra": ElectraConfig(**SIZES, **WITHOUT_DROPOUT, embedding_size=16),
        "distilbert": DistilBertConfig(
            dim=32,
            n_layers=2,
            n_heads=4,
            hidden_dim=64,
            vocab_size=60,
            dropout=0.0,
            attention_dropout=0.0,
        ),
        "llama": LlamaConfig(**SIZES, **GROUPED),
        "qwen3": Qwen3Config(**SIZES, **GROUPED),
        "qwen3, bidirectional": Qwen3Config.from_dict({**SIZES, **GROUPED, "is_causal": False}),
        "mistral": MistralConfig(**SIZES, **GROUPED, sliding_window=WINDOW),
        "modernbert": ModernBertConfig(**SIZES, **LOCAL),
        "gemma2": Gemma2Config(**SIZES, **GROUPED, **ALTERNATING, attn_logit_softcapping=3.0),
        "gemma3": Gemma3TextConfig(**SIZES, **GROUPED, **ALTERNATING),
        "gemma3, bidirectional": Gemma3TextConfig(
            **SIZES, **GROUPED, **ALTERNATING, use_bidirectional_attention=True
        ),
        "eurobert": EuroBertConfig(**SIZES, **GROUPED),
    }


def new_model(family: str, pooling: str = "mean") -> SentenceTransformer:
    """A container in training mode."""
    return container_of(families()[family], pooling).train()


def container_of(config: PreTrainedConfig, pooling: str = "mean") -> SentenceTransformer:
    """A container of a random model with weights so large that attention matters."""
    torch.manual_seed(3)
    model: PreTrainedModel = AutoModel.from_config(config)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(4)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        scratch_encoder(TEXTS, CONFIG, seed=3)[1].save_pretrained(folder)
        options = {"attn_implementation": "eager"}
        transformer = Transformer(folder, max_seq_length=64, model_kwargs=options)
        modules = [transformer, Pooling(config.hidden_size, pooling)]
        return SentenceTransformer(modules=modules, device="cpu")
