"""Packed rows are the padded ones without padding: same vectors, same gradients."""

import logging
from typing import Any

import pytest
import torch
from transformers import BertConfig, ModernBertConfig, XLMRobertaConfig

from alignment import compat
from alignment.encoder.container import transformer_of
from alignment.encoder.forward import embed
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.padding import pad
from tests.unit.encoder.packed_models import ROWS, container_of, new_model


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    named = model.named_parameters()
    return {name: weight.grad for name, weight in named if weight.grad is not None}


@pytest.mark.parametrize("pooling", ["mean", "cls", "max", "lasttoken", "weightedmean"])
@pytest.mark.parametrize(("kind", "padding"), [(BertConfig, 0), (XLMRobertaConfig, 1)])
def test_same_vectors_and_gradients(
    kind: type[BertConfig] | type[XLMRobertaConfig], padding: int, pooling: str
) -> None:
    padded_model = new_model(kind, pooling)
    packed_model = new_model(kind, pooling)
    assert use_packing(packed_model, ROWS, padding)
    assert packed_model.training
    target = torch.randn(len(ROWS), 32)

    padded = embed(padded_model, pad(ROWS, padding))
    packed = embed(packed_model, pack(ROWS))
    (padded * target).sum().backward()
    (packed * target).sum().backward()

    torch.testing.assert_close(packed, padded, atol=2e-6, rtol=0)
    expected = gradients(padded_model)
    assert len(expected) > 30
    actual = gradients(packed_model)
    assert actual.keys() == expected.keys()
    torch.testing.assert_close(actual, expected, atol=2e-5, rtol=0)


def test_sentences_do_not_see_each_other() -> None:
    model = new_model(BertConfig)
    assert use_packing(model, ROWS, 0)
    with torch.no_grad():
        together = embed(model, pack(ROWS))
        alone = [embed(model, pack([row])) for row in ROWS]
    torch.testing.assert_close(together, torch.cat(alone), atol=2e-6, rtol=0)


def test_prepared_model_refuses_padded_rows() -> None:
    model = new_model(BertConfig)
    assert use_packing(model, ROWS, 0)
    with pytest.raises(ValueError, match="packed rows"):
        embed(model, pad(ROWS, 0))


def test_model_with_sliding_window_is_padded(caplog: pytest.LogCaptureFixture) -> None:
    sizes: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "vocab_size": 60,
        "pad_token_id": 0,
        "local_attention": 8,
        "global_attn_every_n_layers": 2,
        "max_position_embeddings": 64,
    }
    config = ModernBertConfig(**sizes)
    model = container_of(config).train()
    with caplog.at_level(logging.INFO):
        assert not use_packing(model, ROWS, 0)
    # transformers 5.0 ignores that the attention is replaced, and the comparison of vectors fails.
    assert "sliding window" in caplog.text or "their vectors differ" in caplog.text
    assert compat.attention_implementation(transformer_of(model)) == "eager"
    assert model.training
