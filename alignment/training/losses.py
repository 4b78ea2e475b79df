"""Losses over unit vectors, each with its diagnostics. Plain torch; shapes at every step.

Notation: d(x, y) is `1 - cos(x, y)` (cosine) or `||x - y||_2` (Euclidean). Anchors `a`, positives
`p` are (batch, dim), explicit negatives `n` (m, dim) belong to the anchors `owners` (m,); `groups`
(batch,) and `negative_groups` (m,) are meaning groups: two members of one group are never each
other's negatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch

Distance = Literal["cosine", "euclidean"]
InBatch = Literal["none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin"]


class Loss(NamedTuple):
    """The scalar to minimize, and what a person wants to see of it (detached scalars)."""

    value: torch.Tensor
    active: torch.Tensor
    """Share of the triplets with a loss above 0 (of InfoNCE: of anchors whose positive is not nearest)."""
    hard: torch.Tensor
    """Share of the triplets whose negative is nearer than the positive. The rest of `active` is semi-hard."""
    positive: torch.Tensor
    """Mean distance of anchor and positive."""
    negative: torch.Tensor
    """Mean distance of anchor and the negative that it was set against."""


def distances(x: torch.Tensor, y: torch.Tensor, distance: Distance) -> torch.Tensor:
    """Row-wise distances (n,) of two (n, dim) unit matrices."""
    cosine = (x * y).sum(-1)
    return 1 - cosine if distance == "cosine" else _chord(cosine)


def pairwise(x: torch.Tensor, y: torch.Tensor, distance: Distance) -> torch.Tensor:
    """All distances (n, m) of an (n, dim) and an (m, dim) unit matrix."""
    cosine = x @ y.T
    return 1 - cosine if distance == "cosine" else _chord(cosine)


def _chord(cosine: torch.Tensor) -> torch.Tensor:
    """`||x - y||` of unit vectors, with gradient 0 (not NaN) where the two are identical."""
    squared = (2 - 2 * cosine).clamp(min=0)
    apart = squared > 1e-12
    return torch.where(
        apart, squared.where(apart, torch.ones_like(squared)).sqrt(), torch.zeros_like(squared)
    )


def triplet_loss(
    a: torch.Tensor,
    p: torch.Tensor,
    n: torch.Tensor,
    groups: torch.Tensor,
    negative_groups: torch.Tensor,
    owners: torch.Tensor,
    *,
    margin: float,
    distance: Distance = "cosine",
    in_batch: InBatch = "none",
    soft: bool = False,
    active_mean: bool = False,
) -> Loss:
    """`mean(relu(d(a, p) - d(a, n) + margin))`, as sentence-transformers' `TripletLoss`.

    With `in_batch` each anchor, and in the other direction each positive, is also set against
    mismatched translations of the batch, and the mean is over all of them. `hardest` takes the nearest (as
    `BatchHardTripletLoss`). Of the semi-hard ones, which are strictly further than the positive:

    - `semihard` takes the nearest, with no margin cap; where there is none, no triplet
      (pytorch-metric-learning's `BatchEasyHardMiner`);
    - `semihard_farthest` takes the nearest too; where there is none, the farthest of all
      (sentence-transformers' `BatchSemiHardTripletLoss`, and TF-addons);
    - `semihard_within_margin` takes every one that is at most the margin further
      (pytorch-metric-learning's `TripletMarginMiner(type_of_triplets="semihard")`).

    The other direction costs nothing: both sides are encoded anyway.

    `soft` takes `log(1 + exp(d(a, p) - d(a, n)))` without a margin (`BatchHardSoftMarginTripletLoss`);
    `active_mean` averages over the triplets with a loss above 0 only, 0 if there are none
    (pytorch-metric-learning's `AvgNonZeroReducer`).
    """
    positive, negative = (
        distances(a, p, distance),
        distances(a[owners], n, distance),
    )  # (batch,), (m,)
    gaps, against = [positive[owners] - negative], [negative]
    if in_batch != "none":
        ways = ((a, torch.cat([p, n]), torch.cat([groups, negative_groups])), (p, a, groups))
        for anchors, candidates, candidate_groups in ways:
            same = groups[:, None] == candidate_groups[None, :]
            rows, mined = _mined(
                pairwise(anchors, candidates, distance), same, positive, in_batch, margin
            )
            gaps.append(positive[rows] - mined)
            against.append(mined)
    gap, negative = torch.cat(gaps), torch.cat(against)
    if not len(gap):  # a batch of one pair without an explicit negative teaches nothing
        return Loss(
            0 * positive.sum(),
            torch.zeros(()),
            torch.zeros(()),
            positive.mean().detach(),
            torch.ones(()),
        )
    losses = torch.nn.functional.softplus(gap) if soft else torch.relu(gap + margin)
    active = losses > 0 if not soft else gap > 0
    counted = active.sum().clamp(min=1) if active_mean else len(losses)
    hard = (gap > 0).float().mean()
    return Loss(
        losses.sum() / counted,
        active.float().mean(),
        hard,
        positive.mean().detach(),
        negative.mean().detach(),
    )


def _mined(
    candidates: torch.Tensor,
    same: torch.Tensor,
    positive: torch.Tensor,
    in_batch: InBatch,
    margin: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Anchors (t,) and the distances (t,) of the in-batch negatives that they are set against.

    `candidates` are distances (batch, m); `same` (batch, m) marks those of the anchor's own meaning.
    """
    further = candidates > positive[:, None]
    if in_batch == "semihard_within_margin":
        rows, columns = (~same & further & (candidates <= positive[:, None] + margin)).nonzero(
            as_tuple=True
        )
        return rows, candidates[rows, columns]
    allowed = ~same if in_batch == "hardest" else ~same & further
    nearest = candidates.masked_fill(~allowed, torch.inf).min(dim=1).values
    found = allowed.any(dim=1)
    if in_batch == "semihard_farthest":
        farthest = candidates.masked_fill(same, -torch.inf).max(dim=1).values
        nearest, found = torch.where(found, nearest, farthest), ~same.all(dim=1)
    rows = found.nonzero().squeeze(1)
    return rows, nearest[rows]


def infonce_loss(
    a: torch.Tensor,
    p: torch.Tensor,
    n: torch.Tensor,
    groups: torch.Tensor,
    negative_groups: torch.Tensor,
    *,
    scale: float | torch.Tensor,
    margin: float = 0.0,
) -> Loss:
    """Symmetric InfoNCE: cross-entropy of `scale * cos`, mean of anchor->positive and positive->anchor.

    The explicit negatives are further candidates of anchor->positive. Without them it is
    sentence-transformers' `MultipleNegativesRankingLoss` in its symmetric form. Candidates of the
    anchor's own meaning group are left out. `margin` is taken off the cosine of the true pair (additive
    margin softmax, Yang et al. 2019), so that it must win by as much. `scale` may be a tensor that is learned.
    """
    own = torch.eye(len(a), dtype=torch.bool, device=a.device)
    same = groups[:, None] == groups[None, :]
    cosines = a @ torch.cat([p, n]).T  # (batch, batch + m)
    gold_only = torch.nn.functional.pad(own, (0, len(n)))
    masked = torch.cat([same & ~own, groups[:, None] == negative_groups[None, :]], dim=1)
    gold = torch.arange(len(a), device=a.device)
    ways = ((cosines, gold_only, masked), (cosines[:, : len(a)].T, own, same & ~own))
    value = torch.stack(
        [
            # Masked after the scale: where it is learned, its gradient would be infinity times zero.
            torch.nn.functional.cross_entropy(
                (scale * (found - margin * at.to(found.dtype))).masked_fill(left_out, -torch.inf),
                gold,
            )
            for found, at, left_out in ways
        ]
    ).mean()
    with torch.no_grad():
        positive = cosines.diagonal()
        negative = cosines.masked_fill(masked | gold_only, -torch.inf).max(dim=1).values
        finite = negative.isfinite()
        active = (negative >= positive).float().mean()
        apart = 1 - negative[finite].mean() if finite.any() else torch.zeros(())
    return Loss(value, active, active, (1 - positive).mean(), apart)


def geometry_loss(x: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of the cosines among `x` and among the teacher's vectors of the same texts.

    Both (n, dim), the dimensions may differ: relational distillation keeps what the teacher knew about the
    texts without holding the vectors in place (Park et al. 2019). 0 for fewer than two texts.
    """
    if len(x) < 2:
        return 0 * x.sum()
    apart = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    return ((x @ x.T - teacher @ teacher.T)[apart] ** 2).mean()


def matryoshka(vectors: torch.Tensor, dims: Sequence[int]) -> list[torch.Tensor]:
    """The unit vectors of the first `d` dimensions, for each `d`, the longest first (Kusupati et al. 2022).

    Each (n, d). A loss over all of them, averaged, makes vectors that may be cut.
    """
    return [
        torch.nn.functional.normalize(vectors[:, :d], dim=-1) for d in sorted(dims, reverse=True)
    ]
