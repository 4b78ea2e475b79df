"""Which part of an encoder a weight belongs to: the embeddings, a layer, or what follows it.

Names of weights do not tell: a layer is `encoder.layer.0`, `block.0` or one entry in each of four
lists (XLM), and a normalization is before the first layer (BERT) or after the last (Qwen3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from alignment.encoder.container import transformer_of
from alignment.encoder.forward import embed
from alignment.encoder.padding import pad

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

EMBEDDINGS = -1
"""The part before the first layer, in place of a layer's number."""


@dataclass(frozen=True)
class Parts:
    """The layers of an encoder and its embeddings."""

    depth: int
    """Number of layers. It is also the number of the part that follows them."""
    roots: dict[torch.nn.Module, int]
    """The part of some modules, which holds for all modules inside of them."""

    def of_weights(self, model: torch.nn.Module) -> dict[str, int]:
        """The part of each weight by its name in `model`, which contains the encoder.

        Adapters that were added to a layer belong to it.
        """
        parts = dict(self._walk(model, self.depth, ""))
        return {name: parts[name] for name, _ in model.named_parameters()}

    def _walk(self, module: torch.nn.Module, part: int, prefix: str) -> Iterator[tuple[str, int]]:
        part = self.roots.get(module, part)
        for name, _ in module.named_parameters(recurse=False):
            yield prefix + name, part
        for name, child in module.named_children():
            yield from self._walk(child, part, f"{prefix}{name}.")


def encoder_parts(container: SentenceTransformer, row: Sequence[int]) -> Parts:
    """Find the layers of the transformer, and what runs before the first of them.

    Args:
        container: Before it is prepared for packed rows; it is run once.
        row: Token ids of a sentence.
    """
    model = transformer_of(container)
    layers = _layers(model)
    roots = dict.fromkeys(_before_layers(container, row, layers), EMBEDDINGS)
    roots |= layers
    return Parts(1 + max(layers.values(), default=EMBEDDINGS), roots)


def _layers(model: torch.nn.Module) -> dict[torch.nn.Module, int]:
    """The number of each layer: its place in the outermost list of modules.

    XLM has four such lists side by side. Funnel's lists contain lists.
    """
    lists = [list(_flat(modules)) for modules in _outermost_lists(model)]
    depths = [len(layers) for layers in lists]
    depth = getattr(getattr(model, "config", None), "num_hidden_layers", None)
    if depth not in depths:  # ALBERT's layers share their weights
        depth = max(depths, default=0)
    numbers: dict[torch.nn.Module, int] = {}
    for layers in lists:
        if len(layers) == depth:
            numbers |= {layer: number for number, layer in enumerate(layers)}
    return numbers


def _outermost_lists(module: torch.nn.Module) -> Iterator[torch.nn.ModuleList]:
    for child in module.children():
        if isinstance(child, torch.nn.ModuleList):
            yield child
        else:
            yield from _outermost_lists(child)


def _flat(modules: torch.nn.ModuleList) -> Iterator[torch.nn.Module]:
    for module in modules:
        if isinstance(module, torch.nn.ModuleList):
            yield from _flat(module)
        else:
            yield module


def _before_layers(
    container: SentenceTransformer, row: Sequence[int], layers: dict[torch.nn.Module, int]
) -> set[torch.nn.Module]:
    """Modules that run before the first layer, and all that look up tokens or positions."""
    model = transformer_of(container)
    within: set[torch.nn.Module] = set()
    for layer in layers:
        within.update(layer.modules())
    outside = [
        module
        for module in model.modules()
        if module not in within and within.isdisjoint(module.modules())
    ]
    called = _called_before(container, row, outside, within)
    tables = [module for module in outside if isinstance(module, torch.nn.Embedding)]
    return called.union(tables)


def _called_before(
    container: SentenceTransformer,
    row: Sequence[int],
    outside: Sequence[torch.nn.Module],
    within: set[torch.nn.Module],
) -> set[torch.nn.Module]:
    """Those of `outside` that a forward pass calls before any of `within`."""
    called: list[torch.nn.Module] = []

    def note(module: torch.nn.Module, _: object) -> None:
        called.append(module)

    hooks = [module.register_forward_pre_hook(note) for module in [*outside, *within]]
    training = container.training
    container.eval()
    try:
        with torch.no_grad():
            embed(container, pad([row], 0))
    finally:
        container.train(training)
        for hook in hooks:
            hook.remove()
    before: set[torch.nn.Module] = set()
    for module in called:
        if module in within:
            break
        before.add(module)
    return before
