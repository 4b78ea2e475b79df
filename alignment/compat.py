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
    return _probe("_is_avx512_bf16_supported") or has_bf16_tiles()


def has_bf16_tiles() -> bool:
    """Whether this CPU multiplies tiles of bf16 (AMX); False if torch cannot tell."""
    return _probe("_is_amx_tile_supported")


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


def onednn_linear(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """The product x W^T + bias on a CPU (..., outputs), without a gradient.

    By oneDNN, which uses the widest instructions of any CPU; torch's own product of float32 is
    MKL's, which takes more than twice as long on AMD's.

    Args:
        x: float32 (..., inputs), or bf16 on a CPU that has it.
        weight: The same type (outputs, inputs), or what `onednn_weight` returns.
        bias: The same type (outputs,)
    """
    if not has_onednn():
        return torch.nn.functional.linear(x, weight, bias)
    result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
    return result


def onednn_weight(weight: torch.Tensor) -> torch.Tensor:
    """A copy (outputs, inputs) in the order that `onednn_linear` reads it in."""
    if not has_onednn():
        return weight
    result: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)
    return result


def has_onednn() -> bool:
    """Whether torch has the functions for `onednn_linear`."""
    names = ("_linear_pointwise", "_reorder_linear_weight")
    operators = torch.ops.mkldnn
    return torch.backends.mkldnn.is_available() and all(hasattr(operators, name) for name in names)


def attention_implementation(model: PreTrainedModel) -> str:
    """Name of the attention kernel the model uses now; "eager" if transformers does not tell."""
    return str(getattr(model.config, "_attn_implementation", None) or "eager")
