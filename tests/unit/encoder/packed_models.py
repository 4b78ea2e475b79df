"""Models and rows for the tests of packing."""

import torch
from transformers import AutoModel, BertConfig, PreTrainedModel, XLMRobertaConfig

ROWS = [
    [5, 9],
    [7, 8],
    [5, 6, 7, 8, 9],
    [9, 9, 9, 9, 9],
    [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
]


def new_model(kind: type[BertConfig] | type[XLMRobertaConfig]) -> PreTrainedModel:
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
    torch.manual_seed(3)
    model: PreTrainedModel = AutoModel.from_config(config, attn_implementation="eager")
    with torch.no_grad():  # the initial weights are so small that attention hardly matters
        for weight in model.parameters():
            weight.mul_(4)
    model.train()
    return model
