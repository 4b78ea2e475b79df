"""Losses over unit vectors, each with its diagnostics. Plain torch; shapes at every step.

Notation: d(x, y) is `1 - cos(x, y)` (cosine) or `||x - y||_2` (Euclidean). Anchors `a`, positives
`p` are (batch, dim), explicit negatives `n` (m, dim) belong to the anchors `owners` (m,); `groups`
(batch,) and `negative_groups` (m,) are meaning groups: two members of one group are never each
other's negatives.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch

Distance = Literal["cosine", "euclidean"]
InBatch = Literal["none", "hardest", "semihard"]


class Loss(NamedTuple):
    """The scalar to minimise, and what a person wants to see of it (detached scalars)."""

    value: torch.Tensor
    active: torch.Tensor
    """Share of the triplets with a loss above 0 (of InfoNCE: of anchors whose positive is not nearest)."""
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
    return torch.where(apart, squared.where(apart, torch.ones_like(squared)).sqrt(), torch.zeros_like(squared))


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
) -> Loss:
    """`mean(relu(d(a, p) - d(a, n) + margin))`, as sentence-transformers' `TripletLoss`.

    With `in_batch` each anchor, and in the other direction each positive, is also set against one
    mismatched translation of the batch, and the mean is over all of them: `hardest` takes the nearest
    (as `BatchHardTripletLoss`), `semihard` the nearest that is strictly further than the positive, with
    no margin cap and, where there is none, no triplet (pytorch-metric-learning's `BatchEasyHardMiner`
    rule). The other direction costs nothing: both sides are encoded anyway.
    """
    positive, negative = distances(a, p, distance), distances(a[owners], n, distance)  # (batch,), (m,)
    losses = torch.relu(positive[owners] - negative + margin)
    if in_batch != "none":
        ways = ((a, torch.cat([p, n]), torch.cat([groups, negative_groups])), (p, a, groups))
        for anchors, candidates, candidate_groups in ways:
            same = groups[:, None] == candidate_groups[None, :]
            mined, valid = _mined(pairwise(anchors, candidates, distance), same, positive, in_batch)
            losses = torch.cat([losses, torch.relu(positive - mined + margin)[valid]])
            negative = torch.cat([negative, mined[valid]])
    if not len(losses):  # a batch of one pair without an explicit negative teaches nothing
        return Loss(0 * positive.sum(), torch.zeros(()), positive.mean().detach(), torch.ones(()))
    active = (losses > 0).float().mean()
    return Loss(losses.mean(), active.detach(), positive.mean().detach(), negative.mean().detach())


def _mined(
    candidates: torch.Tensor, same: torch.Tensor, positive: torch.Tensor, in_batch: InBatch
) -> tuple[torch.Tensor, torch.Tensor]:
    """The in-batch negative's distance (batch,) and whether there is one (batch,).

    `candidates` are distances (batch, m); `same` (batch, m) marks those of the anchor's own meaning.
    """
    blocked = same | (candidates <= positive[:, None]) if in_batch == "semihard" else same
    nearest = candidates.masked_fill(blocked, torch.inf).min(dim=1).values
    return nearest.masked_fill(blocked.all(dim=1), 0.0), ~blocked.all(dim=1)


def infonce_loss(
    a: torch.Tensor,
    p: torch.Tensor,
    n: torch.Tensor,
    groups: torch.Tensor,
    negative_groups: torch.Tensor,
    *,
    scale: float,
) -> Loss:
    """Symmetric InfoNCE: cross-entropy of `scale * cos`, mean of anchor->positive and positive->anchor.

    The explicit negatives are further candidates of anchor->positive. Without them it is
    sentence-transformers' `MultipleNegativesRankingLoss` in its symmetric form. Candidates of the
    anchor's own meaning group are left out.
    """
    size = len(a)
    own = torch.eye(size, dtype=torch.bool, device=a.device)
    same = groups[:, None] == groups[None, :]
    forward = scale * (a @ torch.cat([p, n]).T)  # (batch, batch + m)
    masked = torch.cat([same & ~own, groups[:, None] == negative_groups[None, :]], dim=1)
    forward = forward.masked_fill(masked, -torch.inf)
    backward = (scale * (p @ a.T)).masked_fill(same & ~own, -torch.inf)  # (batch, batch)
    gold = torch.arange(size, device=a.device)
    value = (torch.nn.functional.cross_entropy(forward, gold) + torch.nn.functional.cross_entropy(backward, gold)) / 2
    with torch.no_grad():
        positive = forward.diagonal() / scale
        gold_only = torch.nn.functional.pad(own, (0, len(n)))
        negative = forward.masked_fill(gold_only, -torch.inf).max(dim=1).values / scale
        finite = negative.isfinite()
        active = (negative >= positive).float().mean()
        apart = 1 - negative[finite].mean() if finite.any() else torch.zeros(())
    return Loss(value, active, (1 - positive).mean(), apart)
