"""Private functions of torch and transformers that we use, each with a plain fallback.

No other module names them. A release that drops one costs speed and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_FLOAT32_EXACT_DIM = 2**24 // 128**2  # float32 adds up this many 8-bit products without rounding


def has_int8_dot_products() -> bool:
    """Whether this CPU multiplies 8-bit integers in hardware (VNNI); False if torch cannot tell."""
    return _probe("_is_vnni_supported")


def cpu_has_bf16() -> bool:
    """Whether this CPU multiplies bf16 in hardware; False if torch cannot tell."""
    return _probe("_is_avx512_bf16_supported") or _probe("_is_amx_tile_supported")


def _probe(name: str) -> bool:
    function = getattr(torch.cpu, name, None)
    return function is not None and bool(function())


def int8_matmul(a: torch.Tensor, b: torch.Tensor, out: torch.Tensor) -> None:
    """Write the exact product of int8 `a` (n, dim) and `b` (dim, m) into int32 `out` (n, m).

    The fallback multiplies floats, in a precision that keeps the integers exact.
    """
    function = getattr(torch, "_int_mm", None)
    if function is not None:
        function(a, b, out=out)
        return
    exact = torch.float32 if a.shape[1] <= _FLOAT32_EXACT_DIM else torch.float64
    out.copy_(a.to(exact) @ b.to(exact))


def softmax_backward(gradient: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """Gradient at the input of a softmax over the last dimension; all shapes are equal.

    With the softmax's `output` y and the `gradient` g at it: y * (g - sum(g * y)).
    """
    function = getattr(torch, "_softmax_backward_data", None)
    if function is not None:
        result: torch.Tensor = function(gradient, output, -1, output.dtype)
        return result
    weighted = gradient * output
    return weighted - output * weighted.sum(dim=-1, keepdim=True)


def attention_implementation(model: PreTrainedModel) -> str:
    """Name of the attention kernel the model uses now; "eager" if transformers does not tell."""
    return str(getattr(model.config, "_attn_implementation", None) or "eager")
