import math
from itertools import product
from typing import Any

import pytest
import torch
from transformers import LlamaConfig

from alignment.encoder.forward import embed
from alignment.encoder.packed_attention import attention
from alignment.encoder.packed_layout import Layout, Run
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from tests.unit.encoder.packed_models import ROWS, new_model

LAYOUT = Layout((Run(2, 3), Run(1, 4)))
HEADS = 2
DIM = 5


def inputs() -> list[torch.Tensor]:
    torch.manual_seed(2)
    return [torch.randn(1, HEADS, 10, DIM) for _ in range(3)]


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


@pytest.mark.parametrize("size", [0.1, 10.0])
def test_gradients_against_torch(size: float) -> None:
    """Of small scores, and of those that do not have one maximum in common."""
    query, key, value = (x.double().mul(size).float().requires_grad_() for x in inputs())
    target = torch.randn(1, 10, HEADS, DIM)
    module = torch.nn.Identity().eval()
    output, _ = attention(module, query, key, value, None, packed_layout=LAYOUT)
    (output * target).sum().backward()
    actual = [x.grad for x in (query, key, value)]
    copies = [x.detach().double().requires_grad_() for x in (query, key, value)]
    parts = []
    for sentence in (slice(0, 3), slice(3, 6), slice(6, 10)):
        q, k, v = (x[:, :, sentence] for x in copies)
        weights = torch.softmax(q @ k.mT / math.sqrt(DIM), dim=-1)
        parts.append((weights @ v).transpose(1, 2))
    (torch.cat(parts, dim=1) * target).sum().backward()
    for ours, copied in zip(actual, copies, strict=True):
        assert ours is not None
        torch.testing.assert_close(ours.double(), copied.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("window", [None, 2])
@pytest.mark.parametrize("softcap", [None, 0.5])
def test_options_against_a_loop(causal: bool, window: int | None, softcap: float | None) -> None:
    query, key, value = inputs()
    key = key[:, :1]  # one key for both queries
    value = value[:, :1, :, :3]
    module = torch.nn.Identity().eval()
    output, _ = attention(
        module,
        query,
        key,
        value,
        None,
        scaling=0.7,
        packed_layout=LAYOUT,
        sliding_window=window,
        softcap=softcap,
        is_causal=causal,
    )
    assert output.shape == (1, 10, HEADS, 3)
    for sentence in (range(3), range(3, 6), range(6, 10)):
        for head, i in product(range(HEADS), sentence):
            seen = []
            for j in sentence:
                hidden = (causal and j > i) or (window is not None and abs(i - j) >= window)
                if not hidden:
                    seen.append(j)
            scores = 0.7 * key[0, 0, seen] @ query[0, head, i]
            if softcap is not None:
                scores = softcap * torch.tanh(scores / softcap)
            expected = torch.softmax(scores, dim=0) @ value[0, 0, seen]
            torch.testing.assert_close(output[0, i, head], expected)


def test_causal_as_the_layer_or_the_configuration_says() -> None:
    query, key, value = inputs()
    module: Any = torch.nn.Identity().eval()
    plain, _ = attention(module, query, key, value, None, packed_layout=LAYOUT)
    module.is_causal = True
    causal, _ = attention(module, query, key, value, None, packed_layout=LAYOUT)
    module.config = LlamaConfig.from_dict({"is_causal": False})
    switched_off, _ = attention(module, query, key, value, None, packed_layout=LAYOUT)
    assert not torch.equal(causal, plain)
    assert torch.equal(switched_off, plain)


def test_refusals() -> None:
    query, key, value = inputs()
    module = torch.nn.Identity()
    with pytest.raises(ValueError, match="packed rows"):
        attention(module, query, key, value, None)
    with pytest.raises(NotImplementedError, match="s_aux"):
        attention(module, query, key, value, None, packed_layout=LAYOUT, s_aux=torch.ones(HEADS))
    with pytest.raises(NotImplementedError, match="a mask"):
        attention(module, query, key, value, torch.ones(1, 1, 10, 10), packed_layout=LAYOUT)


def test_gradient_is_that_of_the_drawn_mask() -> None:
    """With the same random bytes the loss is a smooth function of the weights."""
    container = new_model("bert")
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
