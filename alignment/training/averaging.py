"""The weighted mean of a trained encoder's weights and those of the encoder it started from.

Fine-tuning gains accuracy on the training text and can lose some on everything else. The mean of
both sets of weights often keeps most of the gain and loses less (WiSE-FT: Wortsman et al. 2022,
"Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import torch

from alignment.encoder.encoder import Encoder
from alignment.errors import Corrupt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NAMES_IN_ERROR = 3


def mean_weight(trained: torch.Tensor, base: torch.Tensor, share: float) -> torch.Tensor:
    """`(1 - share) * trained + share * base` in float32, of any shape.

    A share of 0 gives the bits of `trained` and 1 those of `base`. Weights that are equal, such as
    frozen ones and embeddings of tokens that were not trained on, keep their value at every share.
    Each operation is rounded by itself, so the number of threads makes no difference.

    Examples:
        >>> import torch
        >>> mean_weight(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 2.0]), 0.25)
        tensor([1.5000, 2.0000])
    """
    start = trained.float()
    end = base.float()
    if share in (0.0, 1.0):  # 0 times infinity would be NaN
        return end if share else start
    difference = end - start
    if share < 0.5:
        return difference.mul_(share).add_(start)
    return end - difference.mul_(1.0 - share)


class _Weight(NamedTuple):
    """One parameter that training changed."""

    parameter: torch.nn.Parameter
    """Of the encoder whose weights are set."""
    trained: torch.Tensor
    """A copy of its trained values."""
    base: torch.Tensor


class AveragedEncoder:
    """A trained encoder whose weights can be set to any mean with those of its base."""

    def __init__(self, trained: Encoder, base: Encoder) -> None:
        """Compare the weights of both, including those of Dense modules.

        Args:
            trained: Changed in place by `set_share`.
            base: The encoder that training started from.

        Raises:
            Corrupt: if the two are not of the same architecture.
        """
        self.encoder = trained
        self._weights = list(_changed(trained.container, base.container))

    def set_share(self, share: float) -> None:
        """Set the weights to the mean in which the base has this share, from 0 to 1."""
        with torch.no_grad():
            for weight in self._weights:
                weight.parameter.copy_(mean_weight(weight.trained, weight.base, share))
        self.encoder.clear_cache()


def _changed(trained: SentenceTransformer, base: SentenceTransformer) -> Iterator[_Weight]:
    """The weights that differ. One that several modules share comes once."""
    of_trained = dict(trained.named_parameters())
    of_base = dict(base.named_parameters())
    differ = []
    for name in sorted(of_trained.keys() | of_base.keys()):
        if _shape(of_trained, name) != _shape(of_base, name):
            differ.append(name)
    if differ:
        names = ", ".join(differ[:NAMES_IN_ERROR])
        raise Corrupt(
            "the trained encoder cannot be averaged with its base: "
            f"{len(differ)} weights are not in both or differ in shape ({names})",
            hint="Set train.average_with_base: null.",
        )
    for name, parameter in of_trained.items():
        base_values = of_base[name].detach().to(parameter.device)
        if not torch.equal(parameter, base_values):
            yield _Weight(parameter, parameter.detach().clone(), base_values)


def _shape(weights: dict[str, torch.nn.Parameter], name: str) -> torch.Size | None:
    return weights[name].shape if name in weights else None
