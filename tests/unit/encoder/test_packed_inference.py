"""Attention without gradients is the attention with gradients."""

from itertools import product
from typing import Any

import pytest
import torch

from alignment.encoder import packed_inference
from alignment.encoder.packed_attention import attention
from alignment.encoder.packed_layout import Layout, Run

# Several parts of one run, a run of one part, and sentences for the fused kernel.
LAYOUT = Layout((Run(5, 1), Run(9, 3), Run(1, 20), Run(3, 50)))
TOKENS = sum(run.tokens for run in LAYOUT.runs)


@pytest.mark.parametrize(
    ("causal", "window", "softcap"), list(product((False, True), (None, 2, 30), (None, 0.5)))
)
def test_same_as_with_gradients(
    causal: bool, window: int | None, softcap: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_inference, "_TOKENS", 12)
    torch.manual_seed(7)
    query = torch.randn(1, 6, TOKENS, 5)
    key = torch.randn(1, 2, TOKENS, 5)
    value = torch.randn(1, 2, TOKENS, 4)
    options: dict[str, Any] = {
        "packed_layout": LAYOUT,
        "is_causal": causal,
        "sliding_window": window,
        "softcap": softcap,
    }
    module = torch.nn.Identity().eval()
    expected, _ = attention(module, query, key, value, None, **options)
    with torch.inference_mode():
        output, _ = attention(module, query, key, value, None, **options)
    assert output.shape == (1, TOKENS, 6, 4)
    torch.testing.assert_close(output, expected)


def test_result_has_the_type_of_the_values() -> None:
    x = torch.randn(1, 2, TOKENS, 8)
    module = torch.nn.Identity().eval()
    with torch.inference_mode():
        exact, _ = attention(module, x, x, x, None, packed_layout=LAYOUT)
        half = x.bfloat16()
        rounded, _ = attention(module, half, half, half, None, packed_layout=LAYOUT)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), exact, atol=0.03, rtol=0.02)
