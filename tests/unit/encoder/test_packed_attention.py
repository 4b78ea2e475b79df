import math
from typing import Any

import pytest
import torch
from transformers import BertConfig

from alignment.encoder.forward import embed
from alignment.encoder.packed_attention import Layout, Run, attention
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from tests.unit.encoder.packed_models import ROWS, new_model

LAYOUT = Layout((Run(2, 3), Run(1, 4)))
HEADS = 2
DIM = 5


def inputs() -> list[torch.Tensor]:
    torch.manual_seed(2)
    return [torch.randn(1, HEADS, 10, DIM) for _ in range(3)]


def test_blocks_and_back() -> None:
    row = torch.randn(10, HEADS, DIM)
    blocks = LAYOUT.to_blocks(row)
    assert torch.equal(LAYOUT.to_row(blocks, HEADS), row)
    first, second = LAYOUT.split_blocks(blocks, HEADS)
    assert first.shape == (2 * HEADS, 3, DIM)
    assert second.shape == (1 * HEADS, 4, DIM)
    # The second sentence of three tokens, its first head.
    assert torch.equal(first[HEADS], row[3:6, 0])


def test_attention_against_a_loop() -> None:
    query, key, value = inputs()
    module = torch.nn.Identity().eval()
    output, _ = attention(module, query, key, value, None, packed_layout=LAYOUT)
    assert output.shape == (1, 10, HEADS, DIM)
    for sentence in (slice(0, 3), slice(3, 6), slice(6, 10)):
        for head in range(HEADS):
            q = query[0, head, sentence]
            k = key[0, head, sentence]
            weights = torch.softmax(q @ k.T / math.sqrt(DIM), dim=-1)
            expected = weights @ value[0, head, sentence]
            torch.testing.assert_close(output[0, sentence, head], expected)


def test_dropout_only_in_training() -> None:
    query, key, value = inputs()
    arguments: dict[str, Any] = {"dropout": 0.5, "packed_layout": LAYOUT}
    evaluated, _ = attention(torch.nn.Identity().eval(), query, key, value, None, **arguments)
    trained, _ = attention(torch.nn.Identity().train(), query, key, value, None, **arguments)
    plain, _ = attention(torch.nn.Identity().train(), query, key, value, None, packed_layout=LAYOUT)
    assert torch.equal(evaluated, plain)
    assert not torch.equal(trained, plain)


def test_refusals() -> None:
    query, key, value = inputs()
    module = torch.nn.Identity()
    with pytest.raises(ValueError, match="packed rows"):
        attention(module, query, key, value, None)
    with pytest.raises(NotImplementedError, match="sliding window"):
        attention(module, query, key, value, None, packed_layout=LAYOUT, sliding_window=8)


def test_gradient_is_that_of_the_drawn_mask() -> None:
    """With the same random bytes the loss is a smooth function of the weights."""
    container = new_model(BertConfig)
    assert use_packing(container, ROWS, 0)
    model: Any = container[0].auto_model
    for layer in model.encoder.layer:
        layer.attention.self.dropout.p = 0.3
    weight: torch.Tensor = model.encoder.layer[0].attention.self.query.weight
    target = torch.randn(len(ROWS), 32)

    def loss() -> torch.Tensor:
        torch.manual_seed(5)
        return (embed(container, pack(ROWS)) * target).sum()

    loss().backward()
    direction = torch.randn_like(weight)
    assert weight.grad is not None
    expected = float((weight.grad * direction).sum())
    step = 1e-3
    with torch.no_grad():
        weight.add_(direction, alpha=step)
        above = float(loss())
        weight.sub_(direction, alpha=2 * step)
        below = float(loss())
    assert (above - below) / (2 * step) == pytest.approx(expected, rel=0.03, abs=1e-3)
