"""Packed rows are the padded ones without the padding: the same vectors, the same gradients."""

import pytest
import torch
from transformers import AutoModel, BertConfig, ModernBertConfig, PreTrainedModel, XLMRobertaConfig

from alignment.encoder.dropout import ByteDropout, drop
from alignment.encoder.encoder import Pooling, embed, pad
from alignment.encoder.packing import embed_packed, pack, packs, use_packing

ROWS = [
    [5, 9],
    [7, 8],
    [5, 6, 7, 8, 9],
    [9, 9, 9, 9, 9],
    [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "vocab_size": 60,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "max_position_embeddings": 64,
}


def model(kind: type[BertConfig] | type[XLMRobertaConfig]) -> PreTrainedModel:
    torch.manual_seed(3)
    made: PreTrainedModel = AutoModel.from_config(
        kind(**SIZES), attn_implementation="eager"
    ).train()
    with torch.no_grad():  # the initial weights are so small that attention hardly matters
        for weight in made.parameters():
            weight.mul_(4)
    return made


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("kind", [BertConfig, XLMRobertaConfig])
def test_parity_with_padded_rows(kind: type[BertConfig], pooling: Pooling) -> None:
    plain, packed = model(kind), model(kind)
    assert use_packing(packed, pooling) and packed.training
    target = torch.randn(len(ROWS), 32)
    padding = int(plain.get_input_embeddings().padding_idx or 0)  # type: ignore[union-attr]
    expected, found = (
        embed(plain, *pad(ROWS, padding), pooling),
        embed_packed(packed, pack(ROWS), pooling),
    )
    (expected * target).sum().backward()
    (found * target).sum().backward()
    gradients = {
        name: weight.grad for name, weight in plain.named_parameters() if weight.grad is not None
    }
    far = max(
        float((weight.grad - gradients[name]).abs().max())
        for name, weight in packed.named_parameters()
        if name in gradients
    )  # type: ignore[operator]
    print(
        f"parity of packed {kind.model_type}, {pooling}: vectors {float((found - expected).detach().abs().max()):.1e}, gradients {far:.1e}"
    )
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)
    assert len(gradients) > 30 and far < 2e-5


def test_sentences_do_not_see_their_neighbors() -> None:
    packed = model(BertConfig)
    assert use_packing(packed)
    with torch.no_grad():
        together = embed_packed(packed, pack(ROWS))
        alone = torch.cat([embed_packed(packed, pack([row])) for row in ROWS])
    torch.testing.assert_close(together, alone, atol=2e-6, rtol=0)


def test_padded_rows_are_refused_after_it() -> None:
    packed = model(BertConfig)
    assert use_packing(packed)
    with pytest.raises(ValueError, match="embed_packed"):
        embed(packed, *pad(ROWS, 0))


def test_a_model_with_windows_is_padded() -> None:
    config = ModernBertConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        vocab_size=60,
        pad_token_id=0,
        local_attention=8,
        global_attn_every_n_layers=2,
        max_position_embeddings=64,
    )
    windows = AutoModel.from_config(config, attn_implementation="eager")
    assert not use_packing(windows) and windows.config._attn_implementation == "eager"


def test_packs_hold_everything_once_within_the_budget_and_evenly() -> None:
    lengths = [3, 30, 7, 7, 9, 40, 12, 12, 3, 4] * 6
    found = list(packs(lengths, 256))
    assert sorted(i for chosen in found for i in chosen) == list(range(len(lengths)))
    sizes = [sum(lengths[i] for i in chosen) for chosen in found]
    assert len(sizes) == 3 and max(sizes) <= 256 + 40 and min(sizes) >= 230
    assert list(packs([500], 256)) == [[0]] and list(packs([], 256)) == []


def test_dropout_by_bytes_keeps_the_mean_and_its_gradient_is_its_mask() -> None:
    torch.manual_seed(1)
    x = torch.ones(300, 1000, requires_grad=True)
    y = drop(x, 0.1)
    y.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, y.detach())
    assert float(y.detach().mean()) == pytest.approx(1.0, abs=2e-3)
    assert float((y == 0).float().mean()) == pytest.approx(26 / 256, abs=2e-3)
    columns = (y == 0).float().mean(dim=0)
    assert (
        float(columns.max()) < 0.2 and float(columns.min()) > 0.02
    )  # every byte of a word is drawn
    assert torch.equal(drop(x, 0.0), x) and torch.equal(ByteDropout(0.5).eval()(x), x)
    torch.manual_seed(1)
    assert torch.equal(drop(x, 0.1), y)


def test_the_gradient_of_attention_with_dropout_is_that_of_its_own_mask() -> None:
    """Numerically: with the same random bytes the loss is a smooth function of the weights."""
    packed = model(BertConfig)
    assert use_packing(packed)
    for layer in packed.encoder.layer:  # type: ignore[union-attr]
        layer.attention.self.dropout.p = 0.3
    weight = packed.encoder.layer[0].attention.self.query.weight  # type: ignore[union-attr,index]
    target = torch.randn(len(ROWS), 32)

    def loss() -> torch.Tensor:
        torch.manual_seed(5)
        return (embed_packed(packed, pack(ROWS)) * target).sum()

    loss().backward()
    direction = torch.randn_like(weight)
    expected = float((weight.grad * direction).sum())
    with torch.no_grad():
        weight.add_(direction, alpha=1e-3)
        above = float(loss())
        weight.sub_(direction, alpha=2e-3)
        below = float(loss())
    assert (above - below) / 2e-3 == pytest.approx(expected, rel=0.03, abs=1e-3)
