from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alignment.encoder.center import center
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import pool
from alignment.encoder.padding import pad
from alignment.encoder.prompts import Side
from alignment.encoder.vocabulary import embedding_matrix
from alignment.errors import ConfigError, Corrupt
from tests.unit.encoder.examples import TEXTS

SIDES: dict[Side, list[str]] = {"source": TEXTS[:4], "target": TEXTS[4:]}


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def test_only_one_bias_changes(encoder: Encoder) -> None:
    before = weights(encoder.model)
    center(encoder, SIDES)
    changed = []
    for name, weight in encoder.model.named_parameters():
        if not torch.equal(weight, before[name]):
            changed.append(name)
    assert len(changed) == 1
    assert changed[0].endswith("LayerNorm.bias")


def test_mean_is_zero_and_sides_weigh_the_same(encoder: Encoder) -> None:
    center(encoder, SIDES)
    means = []
    for side in SIDES.values():
        batch = pad(encoder.tokenize(side), 1)
        with torch.inference_mode():
            means.append(pool(encoder.container, batch).mean(dim=0))
    assert (means[0] + means[1]).norm() < 1e-4 < means[0].norm()


def test_earlier_vectors_are_dropped(encoder: Encoder, tmp_path: Path) -> None:
    encoder.encode(TEXTS)
    center(encoder, SIDES)
    save_encoder(tmp_path, encoder)
    loaded = load_encoder(tmp_path)
    assert np.allclose(encoder.encode(TEXTS), loaded.encode(TEXTS), atol=1e-6)


class Squared(torch.nn.Module):
    """The normalization is not the last operation."""

    device = torch.device("cpu")

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner
        self.config = inner.config
        self.get_input_embeddings = inner.get_input_embeddings

    def forward(self, **inputs: torch.Tensor) -> Any:
        output = self.inner(**inputs)
        output.last_hidden_state = output.last_hidden_state.square()
        return output


def test_other_models_are_refused_unchanged(encoder: Encoder) -> None:
    original = encoder.model
    before = weights(original)
    encoder.container[0].model = Squared(encoder.model)
    with pytest.raises(ConfigError, match="cannot be centered"):
        center(encoder, {"source": TEXTS})
    for name, weight in original.named_parameters():
        torch.testing.assert_close(weight.detach(), before[name], atol=1e-6, rtol=0)


def test_model_without_bias_is_refused(encoder: Encoder) -> None:
    for module in encoder.model.modules():
        if isinstance(module, torch.nn.LayerNorm):
            module.register_parameter("bias", None)
    with pytest.raises(ConfigError, match=r"train\.center"):
        center(encoder, {"source": TEXTS})


def test_nan_is_not_called_a_missing_bias(encoder: Encoder) -> None:
    with torch.no_grad():
        embedding_matrix(encoder.model).fill_(float("nan"))
    with pytest.raises(Corrupt, match="NaN"):
        center(encoder, {"source": ["x"]})
