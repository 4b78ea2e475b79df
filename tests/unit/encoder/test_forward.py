from typing import Any

import pytest
import torch

from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import EncoderModule, embed, pool
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.padding import pad
from tests.unit.encoder.examples import TEXTS
from tests.unit.encoder.packed_models import ROWS, new_model


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pool_leaves_padding_out(pooling: str) -> None:
    container = new_model("bert", pooling).eval()
    model: Any = container[0].auto_model
    with torch.inference_mode():
        pooled = pool(container, pad(ROWS, 0))
        for row, vector in zip(ROWS, pooled, strict=True):
            hidden = model(input_ids=torch.tensor([row])).last_hidden_state[0]
            expected = hidden[0] if pooling == "cls" else hidden.mean(dim=0)
            torch.testing.assert_close(vector, expected, atol=1e-5, rtol=0)


def test_embed_normalizes(encoder: Encoder) -> None:
    batch = pad(encoder.tokenize(TEXTS), 1)
    with torch.inference_mode():
        pooled = pool(encoder.container, batch)
        vectors = embed(encoder.container, batch)
    torch.testing.assert_close(vectors, pooled / pooled.norm(dim=1, keepdim=True))


def test_filler_is_left_out() -> None:
    container = new_model("bert").eval()
    assert use_packing(container, ROWS, 0)
    with torch.inference_mode():
        filled = pack(ROWS, multiple=64)
        assert filled.ids.shape == (1, 64)
        torch.testing.assert_close(
            embed(container, filled), embed(container, pack(ROWS)), atol=1e-6, rtol=0
        )


def test_module_puts_batches_one_after_the_other(encoder: Encoder) -> None:
    rows = encoder.tokenize(TEXTS)
    module = EncoderModule(encoder.container)
    with torch.inference_mode():
        together = module([pad(rows[:3], 1), pad(rows[3:], 1)])
        expected = embed(encoder.container, pad(rows, 1))
    torch.testing.assert_close(together, expected, atol=1e-6, rtol=0)
