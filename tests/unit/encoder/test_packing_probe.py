"""Packed rows are the padded ones without padding: same vectors, same gradients."""

import logging
from typing import Any

import pytest
import torch
from transformers import DebertaV2Config, GptOssConfig, MPNetConfig

from alignment import compat
from alignment.encoder.container import transformer_of
from alignment.encoder.forward import embed
from alignment.encoder.packed_layout import Allowed
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.padding import pad
from tests.unit.encoder.packed_models import (
    ALTERNATING,
    GROUPED,
    ROWS,
    SIZES,
    WINDOW,
    container_of,
    families,
    new_model,
)


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    named = model.named_parameters()
    return {name: weight.grad for name, weight in named if weight.grad is not None}


def check_same_vectors_and_gradients(family: str, pooling: str) -> None:
    padded_model = new_model(family, pooling)
    packed_model = new_model(family, pooling)
    assert use_packing(packed_model, ROWS, 0)
    assert packed_model.training
    target = torch.randn(len(ROWS), 32)

    padded = embed(padded_model, pad(ROWS, padded_model.tokenizer.pad_token_id))
    packed = embed(packed_model, pack(ROWS))
    (padded * target).sum().backward()
    (packed * target).sum().backward()

    torch.testing.assert_close(packed, padded, atol=2e-6, rtol=0)
    expected = gradients(padded_model)
    assert len(expected) > 12
    actual = gradients(packed_model)
    assert actual.keys() == expected.keys()
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    torch.testing.assert_close(actual, expected, atol=5e-5 * max(1.0, largest), rtol=0)


@pytest.mark.parametrize("family", families())
def test_same_vectors_and_gradients(family: str) -> None:
    check_same_vectors_and_gradients(family, "mean")


@pytest.mark.parametrize("pooling", ["cls", "max", "lasttoken", "weightedmean"])
def test_every_pooling(pooling: str) -> None:
    check_same_vectors_and_gradients("xlm-roberta", pooling)


def test_sentences_do_not_see_each_other() -> None:
    model = new_model("bert")
    assert use_packing(model, ROWS, 0)
    with torch.no_grad():
        together = embed(model, pack(ROWS))
        alone = [embed(model, pack([row])) for row in ROWS]
    torch.testing.assert_close(together, torch.cat(alone), atol=2e-6, rtol=0)


def test_prepared_model_refuses_padded_rows() -> None:
    model = new_model("bert")
    assert use_packing(model, ROWS, 0)
    with pytest.raises(ValueError, match="packed rows"):
        embed(model, pad(ROWS, 0))


def test_window_is_tried_with_a_row_that_is_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of the caller that fit into the window would not show that it is misunderstood."""
    short = [row for row in ROWS if len(row) < WINDOW]
    assert use_packing(new_model("mistral"), short, 0)
    right = Allowed.mask

    def wider(self: Allowed, length: int) -> torch.Tensor | None:
        window = None if self.window is None else self.window + 1
        return right(self._replace(window=window), length)

    monkeypatch.setattr(Allowed, "mask", wider)
    assert not use_packing(new_model("mistral"), short, 0)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (GptOssConfig(**SIZES, **GROUPED, **ALTERNATING, num_local_experts=4), "s_aux"),
        (MPNetConfig(**SIZES), ""),  # buckets of relative positions
        (DebertaV2Config(**SIZES, relative_attention=True, pos_att_type=["p2c", "c2p"]), ""),
    ],
)
def test_what_cannot_be_packed_is_padded(
    config: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = container_of(config).train()
    with caplog.at_level(logging.INFO):
        assert not use_packing(model, ROWS, 0)
    assert reason in caplog.text
    assert compat.attention_implementation(transformer_of(model)) == "eager"
    assert model.training
