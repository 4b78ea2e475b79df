import math
from pathlib import Path

import pytest
import torch

from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import EncoderModule
from alignment.training.optimizer import layer_groups, layerwise_adamw, learning_rate_factor
from alignment.training.parts import Parts, encoder_parts
from alignment.training.weights import LOG_SCALE, freeze
from tests.unit.encoder.layout_files import write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import encoder_of


def test_the_rate_rises_and_falls() -> None:
    factors = [learning_rate_factor(step, total=10, warmup_ratio=0.2) for step in range(11)]
    assert factors == pytest.approx([0, 0.5, *(n / 8 for n in range(8, -1, -1))])


def test_without_warmup_the_rate_only_falls() -> None:
    factors = [learning_rate_factor(step, total=4, warmup_ratio=0.0) for step in range(6)]
    assert factors == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]


def test_a_rise_to_the_end() -> None:
    factors = [learning_rate_factor(step, total=4, warmup_ratio=1.0) for step in range(5)]
    assert factors == [0.0, 0.25, 0.5, 0.75, 0.0]


def parts_of(encoder: Encoder) -> Parts:
    return encoder_parts(encoder.container, encoder.tokenize(["the red house"])[0])


def rates_of(model: torch.nn.Module, parts: Parts) -> dict[str, tuple[float, float]]:
    """Learning rate and weight decay of each trained weight, at a decay of one half."""
    by_weight = {}
    for group in layerwise_adamw(model, parts, rate=1.0, decay=0.5, weight_decay=0.1).param_groups:
        for weight in group["params"]:
            by_weight[weight] = (group["lr"], group["weight_decay"])
    named = model.named_parameters()
    return {name: by_weight[weight] for name, weight in named if weight.requires_grad}


def test_lower_layers_have_lower_rates(finished: Path) -> None:
    encoder = load_encoder(encoder_of(finished))
    parts = parts_of(encoder)
    groups = layer_groups(encoder.container, parts, 0.5, 1.0, 0.01)
    above = range(encoder.model.config.num_hidden_layers + 1)
    assert {group["lr"] for group in groups} == {0.5**n for n in above}
    weights = [weight for group in groups for weight in group["params"]]
    assert sum(weight.numel() for weight in weights) == encoder.model.num_parameters()


def test_rates_do_not_depend_on_what_is_frozen(tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME["LaBSE"])
    encoder = load_encoder(tmp_path, device="cpu")
    parts = parts_of(encoder)
    freeze(encoder.container, ("embeddings", 1, "dense"), parts)
    rates = rates_of(encoder.container, parts)
    assert {rate for name, (rate, _) in rates.items() if "layer.0" in name} == {0.5}


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (
            "LaBSE",
            {
                "0.model.embeddings.LayerNorm.bias": (0.25, 0.0),
                "0.model.encoder.layer.1.output.dense.weight": (1.0, 0.1),
                "2.linear.weight": (1.0, 0.1),
                "2.linear.bias": (1.0, 0.0),
            },
        ),
        (
            "sentence-T5",
            {
                "0.model.shared.weight": (0.25, 0.1),
                "0.model.encoder.block.0.layer.1.layer_norm.weight": (0.5, 0.0),
                "0.model.encoder.block.1.layer.0.SelfAttention.q.weight": (1.0, 0.1),
                "0.model.encoder.final_layer_norm.weight": (1.0, 0.0),
            },
        ),
        (
            "Qwen3-Embedding",
            {
                "0.model.embed_tokens.weight": (0.25, 0.1),
                "0.model.layers.0.input_layernorm.weight": (0.5, 0.0),
                "0.model.norm.weight": (1.0, 0.0),
            },
        ),
        (
            "XLM",
            {
                "0.model.layer_norm_emb.weight": (0.25, 0.0),
                "0.model.attentions.0.q_lin.weight": (0.5, 0.1),
                "0.model.layer_norm2.1.weight": (1.0, 0.0),
            },
        ),
    ],
)
def test_rates_by_layer(
    layout: str, expected: dict[str, tuple[float, float]], tmp_path: Path
) -> None:
    write_layout(tmp_path, BY_NAME[layout])
    encoder = load_encoder(tmp_path, device="cpu")
    rates = rates_of(encoder.container, parts_of(encoder))
    assert {name: rates[name] for name in expected} == expected


def test_a_learned_scale_has_the_full_rate(tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME["LaBSE"])
    encoder = load_encoder(tmp_path, device="cpu")
    module = EncoderModule(encoder.container)
    module.register_parameter(LOG_SCALE, torch.nn.Parameter(torch.tensor(math.log(20.0))))
    assert rates_of(module, parts_of(encoder))[LOG_SCALE] == (1.0, 0.0)
