"""Linear layers whose products are oneDNN's.

On an AMD processor with AVX-512 those of float32 take less than half the time of torch's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from alignment import compat

# A second copy of the weights makes encoding 5 to 10% faster; larger models do without.
_LARGEST_COPY = 2**30  # bytes


@dataclass(frozen=True)
class _Copy:
    """A weight in the order that oneDNN reads it in."""

    state: object
    """Of the weight when it was copied."""
    weight: torch.Tensor

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Copied and pickled layers have none: such a tensor can be neither."""
        return type(None), ()


class OneDnnLinear(torch.nn.Linear):
    """The same layer, faster on a CPU."""

    keeps_copy = False
    """Whether a copy of the weight is kept for inference, in the order that oneDNN reads it in."""
    _copy: _Copy | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The product x W^T + bias (..., outputs)."""
        if not _is_supported(x, self.weight):
            return super().forward(x)
        if torch.is_inference_mode_enabled():
            return compat.onednn_linear(x, self._inference_weight(), self.bias)
        if x.dtype != torch.float32:  # torch's own product of bf16 is oneDNN's
            return super().forward(x)
        if torch.is_grad_enabled():
            # As a matrix: the product of three dimensions is a view, which torch does not let a
            # function of ours return if the model changes it in place. Longformer does.
            product: torch.Tensor = _Product.apply(  # type: ignore[no-untyped-call]
                x.reshape(-1, x.shape[-1]), self.weight, self.bias
            )
            return product.view(*x.shape[:-1], -1)
        return compat.onednn_linear(x, self.weight, self.bias)

    def _inference_weight(self) -> torch.Tensor:
        """The weight's copy, made again after each change of the weight."""
        if not self.keeps_copy or self.weight.is_inference():  # changes of the latter are unseen
            return self.weight
        state = (self.weight.data_ptr(), self.weight._version, self.weight.dtype)
        if self._copy is None or self._copy.state != state:
            with torch.inference_mode(mode=False), torch.no_grad():
                self._copy = _Copy(state, compat.onednn_weight(self.weight.detach()))
        return self._copy.weight


def use_onednn(model: torch.nn.Module) -> None:
    """Make the model's linear layers `OneDnnLinear`, with the same parameters."""
    converted = []
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Linear:  # not a subclass, which may do something else
                linear = _converted(child)
                setattr(module, name, linear)
                converted.append(linear)
    total = sum(linear.weight.nbytes for linear in converted)
    for linear in converted:
        linear.keeps_copy = total <= _LARGEST_COPY


def _converted(linear: torch.nn.Linear) -> OneDnnLinear:
    converted = OneDnnLinear(
        linear.in_features, linear.out_features, bias=linear.bias is not None, device="meta"
    )
    converted.weight = linear.weight
    converted.bias = linear.bias
    converted.train(linear.training)
    return converted


def _is_supported(x: torch.Tensor, weight: torch.Tensor) -> bool:
    if x.device.type != "cpu" or torch.is_autocast_enabled("cpu") or not x.numel():
        return False
    if x.dtype != weight.dtype:
        return False
    return x.dtype == torch.float32 or (x.dtype == torch.bfloat16 and compat.cpu_has_bf16())


class _Product(torch.autograd.Function):
    """The product of a matrix (n, inputs), with its gradients, which are products too."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return compat.onednn_linear(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = None, None, None
        if ctx.needs_input_grad[0]:
            of_x = compat.onednn_linear(gradient, weight.T, None)
        if ctx.needs_input_grad[1]:
            of_weight = compat.onednn_linear(gradient.T, x.T, None)
        if ctx.needs_input_grad[2]:
            of_bias = gradient.sum(dim=0)
        return of_x, of_weight, of_bias
