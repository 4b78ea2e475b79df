"""The training objective: the configured loss of one batch's vectors, and checks of its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from alignment.config import Train
from alignment.errors import Collapsed, NonFiniteLoss
from alignment.training.collate import TripletBatch
from alignment.training.data import UNUSED
from alignment.training.losses import (
    BatchGroups,
    Loss,
    geometry_loss,
    infonce_loss,
    matryoshka,
    triplet_loss,
)

COLLAPSED_DISTANCE = 1e-4  # mean distance of mismatched sentences that are practically one point


class _Vectors(NamedTuple):
    """Anchors and positives (n, dim), explicit negatives (m, dim)."""

    anchors: torch.Tensor
    positives: torch.Tensor
    negatives: torch.Tensor


class Objective:
    """The loss that `settings` describes."""

    def __init__(self, settings: Train) -> None:
        self._settings = settings

    def __call__(
        self, vectors: torch.Tensor, batch: TripletBatch, log_scale: torch.Tensor | None = None
    ) -> Loss:
        """The loss of a batch. Its value is the mean over all Matryoshka dimensions.

        Args:
            vectors: Unit vectors (sentences, dim) of the batch's distinct sentences.
            batch: The triplets as rows of `vectors`.
            log_scale: Logarithm of InfoNCE's scale if that is learned.
        """
        anchors, positives, negatives = batch["triplets"].unbind(dim=1)  # (n,) each
        owners = (negatives != UNUSED).nonzero().squeeze(1)
        pairs = batch["groups"][:, 0]
        groups = BatchGroups(pairs, batch["groups"][owners, 1], owners)
        chosen = _Vectors(vectors[anchors], vectors[positives], vectors[negatives[owners]])
        # bf16 has steps of 0.004 near 0.9: too coarse to compare two cosines.
        with torch.autocast(vectors.device.type, enabled=False):
            loss = self._over_dims(chosen, groups, log_scale)
            if len(batch["teacher_rows"]):
                geometry = geometry_loss(vectors[batch["teacher_rows"]], batch["teacher_vectors"])
                value = loss.value + self._settings.distill_weight * geometry
                loss = loss._replace(value=value)
        return loss

    def _over_dims(
        self, vectors: _Vectors, groups: BatchGroups, log_scale: torch.Tensor | None
    ) -> Loss:
        """The mean value over all dimensions; the other figures are of the whole vectors."""
        dims = list({*self._settings.matryoshka_dims, vectors.anchors.shape[1]})
        sides = [matryoshka(side, dims) for side in vectors]
        losses = [
            self._one_dim(_Vectors(*cut), groups, log_scale) for cut in zip(*sides, strict=True)
        ]
        return losses[0]._replace(value=torch.stack([loss.value for loss in losses]).mean())

    def _one_dim(
        self, vectors: _Vectors, groups: BatchGroups, log_scale: torch.Tensor | None
    ) -> Loss:
        settings = self._settings
        if settings.loss == "infonce":
            return self._infonce(vectors, groups, log_scale)
        if settings.loss == "triplet":
            return self._triplet(vectors, groups)
        infonce = self._infonce(vectors, groups, log_scale)
        triplet = self._triplet(vectors, groups)
        weight = settings.triplet_weight
        return triplet._replace(value=weight * triplet.value + (1 - weight) * infonce.value)

    def _triplet(self, vectors: _Vectors, groups: BatchGroups) -> Loss:
        settings = self._settings
        return triplet_loss(
            *vectors,
            groups=groups,
            margin=settings.margin,
            distance=settings.distance,
            in_batch_negatives=settings.in_batch_negatives,
            soft_margin=settings.soft_margin,
            reduction=settings.reduction,
        )

    def _infonce(
        self, vectors: _Vectors, groups: BatchGroups, log_scale: torch.Tensor | None
    ) -> Loss:
        settings = self._settings
        scale = settings.scale if log_scale is None else log_scale.exp()
        margin = settings.additive_margin
        return infonce_loss(*vectors, groups=groups, scale=scale, additive_margin=margin)


def check_loss(loss: Loss, step: int, pair_ids: Callable[[], Sequence[str]]) -> None:
    """Stop training that cannot recover. `pair_ids` gives some pairs of the batch.

    Raises:
        NonFiniteLoss: if the loss is NaN or infinite.
        Collapsed: if mismatched sentences are practically at one point after the first step.
    """
    if not loss.value.isfinite():
        raise NonFiniteLoss(
            f"the loss is {loss.value.item()} at step {step}",
            where=f"pairs {', '.join(pair_ids())}",
            hint="Lower train.learning_rate, or set train.precision: fp32.",
        )
    if loss.negative < COLLAPSED_DISTANCE and step > 1:
        raise Collapsed(
            f"the encoder maps all sentences to one point: at step {step} the mean distance of "
            f"mismatched sentences is {loss.negative.item():.1e}",
            hint="Lower train.learning_rate, or raise train.margin.",
        )
