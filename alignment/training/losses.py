"""Losses over unit vectors, each with the figures that show how training is going. Plain torch.

Notation: d(x, y) is `1 - cos(x, y)` (cosine) or `||x - y||_2` (Euclidean). A batch has n pairs of
an anchor and its positive, and m explicit negatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch

Distance = Literal["cosine", "euclidean"]
InBatchNegatives = Literal[
    "none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin"
]
Reduction = Literal["mean", "active"]


class Loss(NamedTuple):
    """The scalar to minimize, and detached scalars that describe the batch."""

    value: torch.Tensor
    active: torch.Tensor
    """Share of the triplets with a loss above 0.

    For InfoNCE: share of the anchors whose positive is not the nearest candidate.
    """
    hard: torch.Tensor
    """Share of the triplets whose negative is nearer than the positive.

    The other active triplets are semi-hard.
    """
    positive: torch.Tensor
    """Mean distance of anchor and positive."""
    negative: torch.Tensor
    """Mean distance of anchor and the negative that it was compared with."""


class BatchGroups(NamedTuple):
    """Which texts of a batch mean the same. Texts of one group are never each other's negatives."""

    pairs: torch.Tensor
    """(n,) meaning group of each pair."""
    negatives: torch.Tensor
    """(m,) meaning group of each explicit negative."""
    owners: torch.Tensor
    """(m,) index of the anchor that each explicit negative belongs to."""

    @classmethod
    def all_different(cls, anchors: torch.Tensor, negatives: torch.Tensor) -> BatchGroups:
        """Each text has its own meaning; there is no explicit negative, or one per anchor.

        Raises:
            ValueError: if the number of negatives is another one.
        """
        n = len(anchors)
        m = len(negatives)
        if m not in (0, n):
            raise ValueError(f"expected one negative per anchor ({n}) or pass `groups`, got {m}")
        numbers = torch.arange(n + m, device=anchors.device)
        return cls(pairs=numbers[:n], negatives=numbers[n:], owners=numbers[:m])


def distances(x: torch.Tensor, y: torch.Tensor, distance: Distance) -> torch.Tensor:
    """Row-wise distances (n,) of two (n, dim) unit matrices."""
    return _distance((x * y).sum(-1), distance)


def pairwise(x: torch.Tensor, y: torch.Tensor, distance: Distance) -> torch.Tensor:
    """All distances (n, m) of an (n, dim) and an (m, dim) unit matrix."""
    return _distance(x @ y.T, distance)


def _distance(cosine: torch.Tensor, distance: Distance) -> torch.Tensor:
    """The distance of unit vectors by their cosine."""
    if distance == "cosine":
        return 1 - cosine
    # ||x - y||, with gradient 0 (not NaN) where the two are identical.
    squared = (2 - 2 * cosine).clamp(min=0)
    differs = squared > 1e-12
    roots = squared.where(differs, torch.ones_like(squared)).sqrt()
    return torch.where(differs, roots, torch.zeros_like(squared))


def triplet_loss(
    anchors: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor | None = None,
    *,
    groups: BatchGroups | None = None,
    margin: float = 0.2,
    distance: Distance = "cosine",
    in_batch_negatives: InBatchNegatives = "none",
    soft_margin: bool = False,
    reduction: Reduction = "mean",
) -> Loss:
    """`mean(relu(d(a, p) - d(a, n) + margin))`, as sentence-transformers' `TripletLoss`.

    All vectors have unit length.

    Args:
        anchors: (n, dim).
        positives: (n, dim), the translation of each anchor.
        negatives: (m, dim) explicit negatives: one per anchor, unless `groups` says otherwise.
        groups: Meanings, and the anchor of each explicit negative. By default all differ.
        margin: How much further than the positive a negative has to be.
        distance: "cosine" or "euclidean".
        in_batch_negatives: Also compare each anchor with mismatched positives and negatives of the
            batch, and each positive with mismatched anchors. The mean is over all comparisons.

            - "none": explicit negatives only.
            - "hardest": the nearest (`BatchHardTripletLoss` of sentence-transformers).
            - "semihard": the nearest that is strictly further than the positive, by whatever
              margin; no comparison if there is none (`BatchEasyHardMiner` of
              pytorch-metric-learning).
            - "semihard_farthest": the same, but the farthest of all if there is none
              (`BatchSemiHardTripletLoss` of sentence-transformers, and TF-addons).
            - "semihard_within_margin": all that are further than the positive by at most the
              margin (`TripletMarginMiner(type_of_triplets="semihard")` of
              pytorch-metric-learning).
        soft_margin: `log(1 + exp(d(a, p) - d(a, n)))` without a margin
            (`BatchHardSoftMarginTripletLoss`).
        reduction: "mean" over all comparisons, or over those with a loss above 0 ("active", 0 if
            there are none; `AvgNonZeroReducer` of pytorch-metric-learning).

    Raises:
        ValueError: if `groups` is needed to tell which anchor a negative belongs to.

    Examples:
        >>> anchors = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> positives = torch.tensor([[0.8, 0.6], [0.6, 0.8]])
        >>> negatives = torch.tensor([[0.6, 0.8], [0.8, 0.6]])
        >>> triplet_loss(anchors, positives, negatives, margin=0.3).value
        tensor(0.1000)
        >>> triplet_loss(anchors, positives, in_batch_negatives="hardest", margin=0.3).value
        tensor(0.1000)
    """
    if negatives is None:
        negatives = anchors[:0]
    if groups is None:
        groups = BatchGroups.all_different(anchors, negatives)
    positive = distances(anchors, positives, distance)  # (n,)
    explicit = distances(anchors[groups.owners], negatives, distance)  # (m,)
    gaps = [positive[groups.owners] - explicit]
    compared = [explicit]
    if in_batch_negatives != "none":
        candidates = torch.cat([positives, negatives])  # (n + m, dim)
        candidate_groups = torch.cat([groups.pairs, groups.negatives])
        # The second direction costs nothing: both sides are encoded anyway.
        directions = (
            (anchors, candidates, candidate_groups),
            (positives, anchors, groups.pairs),
        )
        for queries, texts, text_groups in directions:
            same = groups.pairs[:, None] == text_groups[None, :]
            candidate_distances = pairwise(queries, texts, distance)
            rows, mined = _mined(candidate_distances, same, positive, in_batch_negatives, margin)
            gaps.append(positive[rows] - mined)
            compared.append(mined)
    return _reduced(positive, gaps, compared, margin, soft_margin=soft_margin, reduction=reduction)


def _reduced(
    positive: torch.Tensor,
    gaps: Sequence[torch.Tensor],
    compared: Sequence[torch.Tensor],
    margin: float,
    *,
    soft_margin: bool,
    reduction: Reduction,
) -> Loss:
    """The loss of all comparisons.

    `gaps` are the differences of the distances to the positive and to the negative, `compared` the
    latter, both (t,) in parts; `positive` (n,) are the distances of the pairs.
    """
    gap = torch.cat(list(gaps))
    if not len(gap):  # one pair without an explicit negative: there is nothing to learn from
        zero = torch.zeros(())
        return Loss(0 * positive.sum(), zero, zero, positive.mean().detach(), torch.ones(()))
    if soft_margin:
        losses = torch.nn.functional.softplus(gap)
        active = gap > 0
    else:
        losses = torch.relu(gap + margin)
        active = losses > 0
    counted = active.sum().clamp(min=1) if reduction == "active" else len(losses)
    return Loss(
        value=losses.sum() / counted,
        active=active.float().mean(),
        hard=(gap > 0).float().mean(),
        positive=positive.mean().detach(),
        negative=torch.cat(list(compared)).mean().detach(),
    )


def _mined(
    candidates: torch.Tensor,
    same: torch.Tensor,
    positive: torch.Tensor,
    in_batch_negatives: InBatchNegatives,
    margin: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (t,) of the queries that have an in-batch negative, and the distances (t,) to these.

    `candidates` (n, m) are distances; `same` (n, m) marks candidates of the query's meaning;
    `positive` (n,) are distances to the positive.
    """
    further = candidates > positive[:, None]
    if in_batch_negatives == "semihard_within_margin":
        within = candidates <= positive[:, None] + margin
        rows, columns = (~same & further & within).nonzero(as_tuple=True)
        return rows, candidates[rows, columns]
    allowed = ~same if in_batch_negatives == "hardest" else ~same & further
    mined = candidates.masked_fill(~allowed, torch.inf).min(dim=1).values
    exists = allowed.any(dim=1)
    if in_batch_negatives == "semihard_farthest":
        farthest = candidates.masked_fill(same, -torch.inf).max(dim=1).values
        mined = torch.where(exists, mined, farthest)
        exists = ~same.all(dim=1)
    rows = exists.nonzero().squeeze(1)
    return rows, mined[rows]


def infonce_loss(
    anchors: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor | None = None,
    *,
    groups: BatchGroups | None = None,
    scale: float | torch.Tensor = 20.0,
    additive_margin: float = 0.0,
) -> Loss:
    """Symmetric InfoNCE: cross-entropy of `scale * cos`, the mean of both directions.

    Each anchor is compared with all positives and explicit negatives, each positive with all
    anchors, without those of the same meaning. This is the symmetric form of sentence-transformers'
    `MultipleNegativesRankingLoss`. All vectors have unit length.

    Args:
        anchors: (n, dim).
        positives: (n, dim), the translation of each anchor.
        negatives: (m, dim) explicit negatives: one per anchor, unless `groups` says otherwise.
        groups: Meanings, and the anchor of each explicit negative. By default all differ.
        scale: Inverse temperature; a tensor if it is learned.
        additive_margin: Subtracted from the cosine of the true pair, so that it has to win by as
            much (additive margin softmax, Yang et al. 2019).

    Raises:
        ValueError: if `groups` is needed to tell which anchor a negative belongs to.

    Examples:
        >>> anchors = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> positives = torch.tensor([[0.8, 0.6], [0.6, 0.8]])
        >>> infonce_loss(anchors, positives, scale=20.0).value
        tensor(0.0181)
    """
    if negatives is None:
        negatives = anchors[:0]
    if groups is None:
        groups = BatchGroups.all_different(anchors, negatives)
    n = len(anchors)
    is_gold = torch.eye(n, dtype=torch.bool, device=anchors.device)
    same = groups.pairs[:, None] == groups.pairs[None, :]
    excluded = same & ~is_gold  # (n, n)
    cosines = anchors @ torch.cat([positives, negatives]).T  # (n, n + m)
    all_gold = torch.nn.functional.pad(is_gold, (0, len(negatives)))
    same_negative = groups.pairs[:, None] == groups.negatives[None, :]
    all_excluded = torch.cat([excluded, same_negative], dim=1)
    target = torch.arange(n, device=anchors.device)
    directions = (
        (cosines, all_gold, all_excluded),
        (cosines[:, :n].T, is_gold, excluded),
    )
    values = []
    for similarities, gold, left_out in directions:
        logits = scale * (similarities - additive_margin * gold.to(similarities.dtype))
        # Masked after the scale: the gradient of a learned one would be infinity times zero.
        masked = logits.masked_fill(left_out, -torch.inf)
        values.append(torch.nn.functional.cross_entropy(masked, target))
    figures = _infonce_figures(cosines.detach(), all_excluded | all_gold)
    return figures._replace(value=torch.stack(values).mean())


def _infonce_figures(cosines: torch.Tensor, not_negative: torch.Tensor) -> Loss:
    """The figures of a batch without its loss.

    `cosines` (n, n + m) have the pairs on the diagonal; `not_negative` marks what is no negative.
    """
    positive = cosines.diagonal()
    nearest = cosines.masked_fill(not_negative, -torch.inf).max(dim=1).values
    finite = nearest.isfinite()
    active = (nearest >= positive).float().mean()
    negative = 1 - nearest[finite].mean() if finite.any() else torch.zeros(())
    return Loss(torch.zeros(()), active, active, (1 - positive).mean(), negative)


def geometry_loss(x: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of the cosines among `x` and among the teacher's vectors.

    Both are (n, dim) vectors of the same texts; the dimensions may differ. This is relational
    distillation: it keeps what the teacher knew about the texts without keeping the vectors in
    place (Park et al. 2019). 0 for fewer than two texts.
    """
    if len(x) < 2:
        return 0 * x.sum()
    off_diagonal = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    return ((x @ x.T - teacher @ teacher.T)[off_diagonal] ** 2).mean()


def matryoshka(vectors: torch.Tensor, dims: Sequence[int]) -> list[torch.Tensor]:
    """The vectors cut to each of `dims` and normalized again, (n, d) each, the longest first.

    A loss averaged over all of them trains vectors that may be cut (Kusupati et al. 2022).
    """
    descending = sorted(dims, reverse=True)
    return [torch.nn.functional.normalize(vectors[:, :dim], dim=-1) for dim in descending]
