"""Models and rows for the tests of packing."""

import tempfile

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import AutoModel, BertConfig, PreTrainedConfig, PreTrainedModel, XLMRobertaConfig

from alignment.encoder.scratch import scratch_encoder
from tests.unit.encoder.examples import CONFIG, TEXTS

ROWS = [
    [5, 9],
    [7, 8],
    [5, 6, 7, 8, 9],
    [9, 9, 9, 9, 9],
    [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
]


def new_model(
    kind: type[BertConfig] | type[XLMRobertaConfig], pooling: str = "mean"
) -> SentenceTransformer:
    """A container in training mode."""
    config = kind(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        vocab_size=60,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=64,
    )
    return container_of(config, pooling).train()


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
