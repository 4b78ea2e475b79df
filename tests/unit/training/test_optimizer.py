import math
from pathlib import Path

import pytest
import torch

from alignment.encoder.directory import load_encoder
from alignment.training.optimizer import layer_groups, layerwise_adamw, learning_rate_factor
from alignment.training.weights import LOG_SCALE, freeze
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


def test_lower_layers_have_lower_rates(finished: Path) -> None:
    model = load_encoder(encoder_of(finished)).model
    groups = layer_groups(model, 0.5, 1.0, 0.01)
    above = range(model.config.num_hidden_layers + 1)
    assert {group["lr"] for group in groups} == {0.5**n for n in above}
    weights = [weight for group in groups for weight in group["params"]]
    assert sum(weight.numel() for weight in weights) == model.num_parameters()
    freeze(model, ("embeddings",))
    assert {group["lr"] for group in layer_groups(model, 0.5, 1.0, 0.01)} == {1.0}


class Stack(torch.nn.Module):
    """Embeddings and two layers, named as transformers does."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = torch.nn.Embedding(3, 2)
        self.layers = torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)])
        self.register_parameter(LOG_SCALE, torch.nn.Parameter(torch.tensor(math.log(20.0))))


def test_matrices_decay_and_a_learned_scale_has_the_full_rate() -> None:
    model = Stack()
    by_parameter = {}
    for group in layerwise_adamw(model, rate=1.0, decay=0.5, weight_decay=0.1).param_groups:
        for weight in group["params"]:
            by_parameter[id(weight)] = (group["lr"], group["weight_decay"])
    rates = {name: by_parameter[id(weight)] for name, weight in model.named_parameters()}
    assert rates == {
        LOG_SCALE: (1.0, 0.0),
        "embeddings.weight": (0.25, 0.1),
        "layers.0.weight": (0.5, 0.1),
        "layers.0.bias": (0.5, 0.0),
        "layers.1.weight": (1.0, 0.1),
        "layers.1.bias": (1.0, 0.0),
    }
