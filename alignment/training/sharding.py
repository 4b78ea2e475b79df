"""Weights, gradients and optimizer states of which each process has a part (`train.sharding`).

torch's `fully_shard` gathers the weights of a layer while the layer runs, and gives each process
its part of the averaged gradient (Zhao et al. 2023, "PyTorch FSDP"). Outside of a forward or
backward pass every weight is a `DTensor`. All functions are called by all processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import distributed
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Replicate, distribute_tensor

from alignment.errors import ConfigError

WHERE = "train.sharding"
STEP = "step"  # the number of steps among AdamW's states; the others have the shape of the weight
_HINT = f"Set {WHERE}: none."


def shard(
    model: torch.nn.Module, layers: Iterable[torch.nn.Module], device: str, *, copied: str | None
) -> None:
    """Leave each process its part of every weight, on the device.

    The weights move there layer by layer, so the device never holds all of them.

    Args:
        model: Changed in place.
        layers: Modules in it whose weights are gathered one after the other; the rest of the
            model's weights is gathered for the whole pass.
        device: Type of the device that computes, "cpu" or "cuda".
        copied: The name of a weight that every process keeps: it has the whole gradient.

    Raises:
        ConfigError: if the model cannot be sharded.
    """
    mesh = init_device_mesh(device, (distributed.get_world_size(),))
    kept = {model.get_parameter(copied)} if copied else set()
    weights = dict(model.named_parameters())
    _check_shapes(weights, kept)
    for layer in layers:
        fully_shard(layer, mesh=mesh, reshard_after_forward=True, ignored_params=kept)
    fully_shard(model, mesh=mesh, reshard_after_forward=True, ignored_params=kept)
    if len(list(model.parameters())) != len(weights):
        raise ConfigError("layers of this encoder share weights", where=WHERE, hint=_HINT)
    if copied:
        _copy_to_all(model, copied, mesh)


def _check_shapes(weights: dict[str, torch.nn.Parameter], kept: set[torch.nn.Parameter]) -> None:
    for name, weight in weights.items():
        if not weight.ndim and weight not in kept:
            raise ConfigError(
                f"the weight {name} is a single number, which cannot be sharded",
                where=WHERE,
                hint=_HINT,
            )


def _copy_to_all(model: torch.nn.Module, name: str, mesh: DeviceMesh) -> None:
    """Make a weight a DTensor too: optimizers and norms do not mix both kinds."""
    weight = distribute_tensor(model.get_parameter(name).detach(), mesh, [Replicate()])
    model.register_parameter(name, torch.nn.Parameter(weight))


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """The whole tensor, if this process has a part of it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    """A copy without the padding that a gathered tensor may have behind it in memory."""
    return tensor.to("cpu", copy=True)


class _Place(NamedTuple):
    """Where a model has a sharded weight."""

    owner: torch.nn.Module
    name: str
    weight: torch.nn.Parameter


def gather_weights(model: torch.nn.Module, *, keep: bool) -> None:
    """Replace the sharded weights by whole ones on the CPU, in place.

    Args:
        model: A sharded model, which cannot run afterwards.
        keep: Whether this process gets them. It takes part in any case.
    """
    gathered: dict[torch.nn.Parameter, torch.nn.Parameter] = {}
    for place in _places(model):
        weight = place.weight
        if weight not in gathered:  # modules may share it
            values = whole(weight.detach())
            gathered[weight] = weight
            if keep:
                gathered[weight] = torch.nn.Parameter(_on_cpu(values), weight.requires_grad)
        place.owner.register_parameter(place.name, gathered[weight])


@contextmanager
def whole_weights(model: torch.nn.Module, *, keep: bool) -> Iterator[None]:
    """Replace the sharded weights while the block lasts, see `gather_weights`."""
    places = _places(model)
    gather_weights(model, keep=keep)
    try:
        yield
    finally:
        for owner, name, weight in places:
            owner.register_parameter(name, weight)


def _places(model: torch.nn.Module) -> list[_Place]:
    places = []
    for owner in model.modules():
        for name, weight in owner.named_parameters(recurse=False, remove_duplicate=False):
            if isinstance(weight, DTensor):
                places.append(_Place(owner, name, weight))
    return places


def whole_state(optimizer: torch.optim.Optimizer, *, keep: bool) -> dict[str, Any]:
    """The optimizer's `state_dict` with whole tensors on the CPU, as without sharding.

    Args:
        optimizer: Of sharded weights.
        keep: Whether this process gets the tensors. It takes part in any case.
    """
    state = optimizer.state_dict()
    states: dict[int, dict[str, Any]] = {}
    for number, values in state["state"].items():
        states[number] = {}
        for key, value in values.items():
            tensor = whole(value)
            if keep:
                states[number][key] = _on_cpu(tensor)
    return {**state, "state": states}


def load_state(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Give each process its part of a `state_dict` with whole tensors.

    Args:
        optimizer: Of sharded weights.
        state: That of an optimizer with the same weights, sharded or not.
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    states: dict[int, dict[str, Any]] = {}
    for number, values in state["state"].items():
        weight = weights[number]
        states[number] = {}
        for key, value in values.items():
            sharded = value
            if key != STEP:
                sharded = distribute_tensor(value, weight.device_mesh, weight.placements)
            states[number][key] = sharded
    optimizer.load_state_dict({**state, "state": states})
