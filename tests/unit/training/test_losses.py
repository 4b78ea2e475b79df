"""Each loss against a naive loop and against the libraries that its docstring names."""

import doctest
import itertools
from collections.abc import Sequence
from typing import Any, get_args

import pytest
import torch
from torch.nn.functional import normalize

from alignment.training import losses
from alignment.training.losses import (
    BatchGroups,
    Distance,
    InBatchNegatives,
    Reduction,
    distances,
    geometry_loss,
    infonce_loss,
    matryoshka,
    pairwise,
    triplet_loss,
)

DISTANCES: tuple[Distance, ...] = get_args(Distance)
IN_BATCH: tuple[InBatchNegatives, ...] = get_args(InBatchNegatives)


def random_vectors(n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Anchors, positives and negatives, not normalized, each (n, 8)."""
    generator = torch.Generator().manual_seed(0)
    sides = torch.randn(3, n, 8, generator=generator, dtype=torch.float64)
    anchors, positives, negatives = sides.unbind()
    return anchors.requires_grad_(), positives.requires_grad_(), negatives.requires_grad_()


def unit_vectors(n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same, normalized and without a graph."""
    anchors, positives, negatives = random_vectors(n)
    return normalized(anchors), normalized(positives), normalized(negatives)


def normalized(vectors: torch.Tensor) -> torch.Tensor:
    return normalize(vectors, dim=-1).detach()


def all_different(n: int) -> BatchGroups:
    return BatchGroups(torch.arange(n), torch.arange(n, 2 * n), torch.arange(n))


def naive_distance(x: torch.Tensor, y: torch.Tensor, distance: str) -> torch.Tensor:
    return 1 - x @ y if distance == "cosine" else (x - y).norm()


def naive_negatives(
    positive: torch.Tensor, others: list[torch.Tensor], in_batch: str, margin: float
) -> list[torch.Tensor]:
    """The distances that are compared with the distance to the positive."""
    further = [distance for distance in others if distance > positive]
    match in_batch:
        case "hardest":
            return [min(others)]
        case "semihard":
            return [min(further)] if further else []
        case "semihard_farthest":
            return [min(further) if further else max(others)]
        case "semihard_within_margin":
            return [distance for distance in further if distance <= positive + margin]
    return []


def naive_gaps(
    sides: Sequence[torch.Tensor],
    groups: BatchGroups,
    *,
    margin: float,
    distance: str,
    in_batch: str,
) -> list[torch.Tensor]:
    """Distance to the positive minus distance to the negative, of every comparison."""
    a, p, n = sides
    gaps = []
    for i, owner in enumerate(groups.owners.tolist()):
        positive = naive_distance(a[owner], p[owner], distance)
        gaps.append(positive - naive_distance(a[owner], n[i], distance))
    from_anchors = ((p, groups.pairs), (n, groups.negatives))
    from_positives = ((a, groups.pairs),)
    for queries, candidates in ((a, from_anchors), (p, from_positives)):
        for i in range(len(a)):
            positive = naive_distance(a[i], p[i], distance)
            others = []
            for texts, text_groups in candidates:
                for j, text in enumerate(texts):
                    if text_groups[j] != groups.pairs[i]:
                        others.append(naive_distance(queries[i], text, distance))
            for negative in naive_negatives(positive, others, in_batch, margin):
                gaps.append(positive - negative)
    return gaps


def naive_triplet_loss(
    gaps: Sequence[torch.Tensor], margin: float, *, soft_margin: bool, reduction: str
) -> torch.Tensor:
    losses = []
    active = 0
    for gap in gaps:
        losses.append(torch.log1p(gap.exp()) if soft_margin else torch.relu(gap + margin))
        active += bool(gap > (0 if soft_margin else -margin))
    counted = max(1, active) if reduction == "active" else len(losses)
    return torch.stack(losses).sum() / counted


def largest_difference(
    ours: torch.Tensor, theirs: torch.Tensor, inputs: tuple[torch.Tensor, ...]
) -> float:
    """Of the values and of all gradients."""
    assert ours.isfinite() and theirs.isfinite()
    gradients = torch.autograd.grad(ours, inputs, retain_graph=True)
    their_gradients = torch.autograd.grad(theirs, inputs, retain_graph=True)
    largest = (ours - theirs).abs().item()
    for x, y in zip(gradients, their_gradients, strict=True):
        largest = max(largest, (x - y).abs().max().item())
    return largest


@pytest.mark.parametrize(
    ("soft_margin", "reduction"),
    [(False, "mean"), (True, "mean"), (False, "active")],
    ids=["plain", "soft", "active"],
)
@pytest.mark.parametrize(("distance", "in_batch"), list(itertools.product(DISTANCES, IN_BATCH)))
def test_triplet_parity_with_a_naive_loop(
    distance: Distance, in_batch: InBatchNegatives, soft_margin: bool, reduction: Reduction
) -> None:
    a, p, n = random_vectors(7)
    groups = all_different(7)
    groups.pairs[3] = groups.pairs[1]  # two of one meaning
    groups.negatives[2] = groups.pairs[5]
    unit = [normalize(x, dim=-1) for x in (a, p, n)]
    ours = triplet_loss(
        *unit,
        groups=groups,
        margin=0.3,
        distance=distance,
        in_batch_negatives=in_batch,
        soft_margin=soft_margin,
        reduction=reduction,
    )
    gaps = naive_gaps(unit, groups, margin=0.3, distance=distance, in_batch=in_batch)
    theirs = naive_triplet_loss(gaps, 0.3, soft_margin=soft_margin, reduction=reduction)
    largest = largest_difference(ours.value, theirs, (a, p, n))
    print(f"triplet loss: largest difference of value and gradients {largest:.1e}")
    assert largest < 1e-10


@pytest.mark.parametrize("in_batch", ["hardest", "semihard"])
def test_negatives_of_some_anchors_only(in_batch: InBatchNegatives) -> None:
    a, p, n = unit_vectors(7)
    owners = torch.tensor([1, 4])
    different = all_different(7)
    groups = BatchGroups(different.pairs, different.negatives[owners], owners)
    ours = triplet_loss(a, p, n[owners], groups=groups, margin=0.3, in_batch_negatives=in_batch)
    gaps = naive_gaps((a, p, n[owners]), groups, margin=0.3, distance="cosine", in_batch=in_batch)
    theirs = naive_triplet_loss(gaps, 0.3, soft_margin=False, reduction="mean")
    assert abs(ours.value - theirs) < 1e-12


@pytest.mark.parametrize("in_batch", ["hardest", "semihard"])
def test_a_single_pair_has_nothing_to_learn(in_batch: InBatchNegatives) -> None:
    a, p, _ = random_vectors(1)
    loss = triplet_loss(a, p, margin=0.3, in_batch_negatives=in_batch)
    assert loss.value == 0 and loss.value.requires_grad


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(losses, extraglobs={"torch": torch})
    assert result.attempted > 5 and result.failed == 0


def test_groups_by_default_all_differ() -> None:
    a, p, n = unit_vectors(5)
    without = triplet_loss(a, p, n, in_batch_negatives="hardest")
    explicit = triplet_loss(a, p, n, groups=all_different(5), in_batch_negatives="hardest")
    assert without.value == explicit.value
    assert infonce_loss(a, p, n).value == infonce_loss(a, p, n, groups=all_different(5)).value
    assert infonce_loss(a, p).value == infonce_loss(a, p, n[:0]).value


@pytest.mark.parametrize("loss", [triplet_loss, infonce_loss])
def test_negatives_of_unknown_owners_are_refused(loss: Any) -> None:
    a, p, n = unit_vectors(5)
    with pytest.raises(ValueError, match=r"one negative per anchor \(5\) or pass `groups`, got 3"):
        loss(a, p, n[:3])


class Given(torch.nn.Module):
    """Hands embeddings to a sentence-transformers loss."""

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"sentence_embedding": features["x"]}

    def get_embedding_dimension(self) -> int:
        return 8


MODEL: Any = Given()


def features(*sides: torch.Tensor) -> list[dict[str, torch.Tensor]]:
    return [{"x": side} for side in sides]


@pytest.mark.parametrize(
    ("distance", "tolerance"),
    [("cosine", 1e-5), ("euclidean", 1e-4)],  # theirs adds 1e-6 to each coordinate
)
def test_triplet_parity_with_st(distance: Distance, tolerance: float) -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (side.float() for side in unit_vectors(6))
    metric = getattr(st.TripletDistanceMetric, distance.upper())
    peer = st.TripletLoss(MODEL, distance_metric=metric, triplet_margin=0.3)
    ours = triplet_loss(a, p, n, margin=0.3, distance=distance).value
    assert abs(ours - peer(features(a, p, n), torch.zeros(6))) < tolerance


def test_infonce_parity_with_st() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (side.float() for side in unit_vectors(6))
    peer = st.MultipleNegativesRankingLoss(MODEL, scale=20.0)
    forward = peer(features(a, p, n), torch.zeros(6))
    backward = peer(features(p, a), torch.zeros(6))
    assert abs(infonce_loss(a, p, n, scale=20.0).value - (forward + backward) / 2) < 1e-5


def both_ways(n: int) -> tuple[torch.Tensor, torch.Tensor, BatchGroups]:
    """Pairs and the reverse pairs.

    Peers mine among all sentences of other labels. With one pair per label and both orders of each
    pair, that is what our two directions do.
    """
    a, p, _ = unit_vectors(n)
    groups = BatchGroups(torch.arange(n).repeat(2), torch.arange(0), torch.arange(0))
    return torch.cat([a, p]), torch.cat([p, a]), groups


@pytest.mark.parametrize(
    ("in_batch", "soft_margin", "peer_name"),
    [
        ("hardest", False, "BatchHardTripletLoss"),
        ("hardest", True, "BatchHardSoftMarginTripletLoss"),
        ("semihard_farthest", False, "BatchSemiHardTripletLoss"),
    ],
    ids=["hardest", "hardest soft", "semihard"],
)
def test_in_batch_parity_with_st(
    in_batch: InBatchNegatives, soft_margin: bool, peer_name: str
) -> None:
    from sentence_transformers.sentence_transformer import losses as st

    x, y, groups = both_ways(6)
    ours = triplet_loss(
        x,
        y,
        groups=groups,
        margin=0.3,
        in_batch_negatives=in_batch,
        soft_margin=soft_margin,
    ).value
    options = {} if soft_margin else {"margin": 0.3}
    distance = st.BatchHardTripletLossDistanceFunction.cosine_distance
    peer = getattr(st, peer_name)(MODEL, distance_metric=distance, **options)
    largest = abs(ours - peer(features(x), groups.pairs)).item()
    print(f"{peer_name}: largest difference {largest:.1e}")
    assert largest < 1e-6


def test_active_mean_parity_with_pml() -> None:
    from pytorch_metric_learning import losses as pml  # type: ignore[import-untyped]
    from pytorch_metric_learning.distances import LpDistance  # type: ignore[import-untyped]
    from pytorch_metric_learning.reducers import AvgNonZeroReducer  # type: ignore[import-untyped]

    a, p, n = unit_vectors(6)
    numbers = torch.arange(6)
    labels = torch.cat([numbers, numbers, numbers + 6])
    peer = pml.TripletMarginLoss(margin=0.3, distance=LpDistance(), reducer=AvgNonZeroReducer())
    theirs = peer(torch.cat([a, p, n]), labels, (numbers, numbers + 6, numbers + 12))
    ours = triplet_loss(a, p, n, margin=0.3, distance="euclidean", reduction="active").value
    assert abs(ours - theirs) < 1e-6


@pytest.mark.parametrize("in_batch", ["semihard", "semihard_within_margin"])
def test_semihard_parity_with_pml(in_batch: InBatchNegatives) -> None:
    from pytorch_metric_learning import losses as pml
    from pytorch_metric_learning import miners
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.reducers import MeanReducer

    cosine = CosineSimilarity()
    if in_batch == "semihard":
        miner = miners.BatchEasyHardMiner(
            pos_strategy="easy", neg_strategy="semihard", distance=cosine
        )
    else:
        miner = miners.TripletMarginMiner(margin=0.3, type_of_triplets="semihard", distance=cosine)
    peer = pml.TripletMarginLoss(margin=0.3, distance=cosine, reducer=MeanReducer())
    x, y, groups = both_ways(6)
    theirs = peer(x, groups.pairs, miner(x, groups.pairs))
    ours = triplet_loss(x, y, groups=groups, margin=0.3, in_batch_negatives=in_batch).value
    assert abs(ours - theirs) < 1e-6


def naive_infonce(
    sides: Sequence[torch.Tensor], groups: BatchGroups, scale: torch.Tensor, margin: float
) -> torch.Tensor:
    x, y, z = sides
    n = len(x)
    losses = []
    for i in range(n):
        candidates = [j for j in range(n) if j == i or groups.pairs[j] != groups.pairs[i]]
        forward = [y[j] @ x[i] - margin * (i == j) for j in candidates]
        backward = [x[j] @ y[i] - margin * (i == j) for j in candidates]
        for j, group in enumerate(groups.negatives):
            if group != groups.pairs[i]:
                forward.append(z[j] @ x[i])
        gold = scale * (x[i] @ y[i] - margin)
        for cosines in (forward, backward):
            losses.append(torch.logsumexp(scale * torch.stack(cosines), 0) - gold)
    return torch.stack(losses).mean()


@pytest.mark.parametrize("margin", [0.0, 0.1])
def test_infonce_parity_with_a_naive_loop(margin: float) -> None:
    a, p, n = random_vectors(6)
    groups = all_different(6)
    groups.pairs[4] = groups.pairs[0]
    groups.negatives[1] = groups.pairs[2]
    unit = [normalize(t, dim=-1) for t in (a, p, n)]
    scale = torch.tensor(20.0, dtype=torch.float64, requires_grad=True)
    ours = infonce_loss(*unit, groups=groups, scale=scale, additive_margin=margin).value
    theirs = naive_infonce(unit, groups, scale, margin)
    largest = largest_difference(ours, theirs, (a, p, n, scale))
    print(f"InfoNCE margin {margin}: largest difference of value and gradients {largest:.1e}")
    assert largest < 1e-10


def test_infonce_figures_by_hand() -> None:
    """The first anchor is nearest to its positive, the second one to its negative."""
    anchors = torch.eye(2)
    positives = torch.tensor([[0.96, 0.28], [0.8, 0.6]])
    negatives = torch.tensor([[0.6, 0.8], [0.6, 0.8]])
    loss = infonce_loss(anchors, positives, negatives)
    assert loss.active == loss.hard == 0.5
    assert loss.positive == pytest.approx((0.04 + 0.4) / 2)
    assert loss.negative == pytest.approx(((1 - 0.8) + (1 - 0.8)) / 2)


def test_infonce_leaves_out_texts_of_one_meaning() -> None:
    a, p, n = unit_vectors(4)
    p[1] = p[0]
    different = all_different(4)
    pairs = torch.tensor([0, 0, 2, 3])
    same = infonce_loss(a, p, n, groups=different._replace(pairs=pairs)).value
    assert same.isfinite()
    assert same < infonce_loss(a, p, n, groups=different).value  # the twin is a false negative


def test_a_batch_of_one_meaning_only() -> None:
    """Nothing is left to compare with: the loss is 0, and so is every gradient."""
    a, p, _ = random_vectors(3)
    groups = BatchGroups(torch.zeros(3), torch.zeros(0), torch.arange(0))
    loss = infonce_loss(normalize(a, dim=-1), normalize(p, dim=-1), groups=groups)
    (gradient,) = torch.autograd.grad(loss.value, a)
    assert loss.value == 0 and (gradient == 0).all()


def test_geometry_parity_with_a_naive_loop() -> None:
    a, p, _ = random_vectors(5)
    x = normalize(a, dim=-1)
    teacher = normalized(torch.cat([p, p], dim=1))
    squares = []
    for i, j in itertools.permutations(range(5), 2):
        squares.append((x[i] @ x[j] - teacher[i] @ teacher[j]) ** 2)
    theirs = torch.stack(squares).mean()
    largest = largest_difference(geometry_loss(x, teacher), theirs, (a,))
    print(f"geometry: largest difference of value and gradients {largest:.1e}")
    assert largest < 1e-12


def test_the_geometry_of_one_text_is_nothing() -> None:
    x, teacher, _ = random_vectors(1)
    loss = geometry_loss(x, teacher)
    assert loss == 0 and loss.requires_grad


def test_matryoshka_parity_with_st() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (side.float() for side in unit_vectors(6))
    inner = st.MultipleNegativesRankingLoss(MODEL, scale=20.0)
    peer = st.MatryoshkaLoss(MODEL, inner, matryoshka_dims=[8, 4], matryoshka_weights=[0.5, 0.5])
    forward = peer(features(a, p, n), torch.zeros(6))
    backward = peer(features(p, a), torch.zeros(6))
    whole, short = zip(*(matryoshka(side, [4, 8]) for side in (a, p, n)), strict=True)
    assert (whole[0].shape[1], short[0].shape[1]) == (8, 4)
    ours = (infonce_loss(*whole).value + infonce_loss(*short).value) / 2
    assert abs(ours - (forward + backward) / 2) < 1e-5


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("in_batch", IN_BATCH)
@pytest.mark.parametrize("size", [1, 3])
def test_identical_rows_have_finite_gradients(
    distance: Distance, in_batch: InBatchNegatives, size: int
) -> None:
    x = torch.ones(size, 4, requires_grad=True)
    unit = normalize(x, dim=-1)
    loss = triplet_loss(unit, unit, unit, distance=distance, in_batch_negatives=in_batch)
    (gradient,) = torch.autograd.grad(loss.value, x)
    assert loss.value.isfinite() and gradient.isfinite().all()


@pytest.mark.parametrize("distance", DISTANCES)
def test_distances_agree(distance: Distance) -> None:
    x, y, _ = unit_vectors(5)
    assert torch.allclose(pairwise(x, y, distance).diagonal(), distances(x, y, distance))


def test_bf16_is_finite() -> None:
    a, p, n = (side.bfloat16() for side in unit_vectors(5))
    assert triplet_loss(a, p, n, in_batch_negatives="hardest").value.isfinite()


def test_triplet_figures_by_hand() -> None:
    """One easy, one semi-hard and one hard triplet; the second one is within the margin."""
    angles = torch.tensor([[0.0, 60.0], [10.0, 20.0], [20.0, 10.0]]).deg2rad()
    anchors = torch.tensor([[1.0, 0.0]]).expand(3, 2)
    positives = torch.stack([angles[:, 0].cos(), angles[:, 0].sin()], dim=1)
    negatives = torch.stack([angles[:, 1].cos(), angles[:, 1].sin()], dim=1)
    loss = triplet_loss(anchors, positives, negatives, margin=0.2)
    assert loss.active == pytest.approx(2 / 3) and loss.hard == pytest.approx(1 / 3)
    assert loss.positive == pytest.approx(float((1 - angles[:, 0].cos()).mean()))
    assert loss.negative == pytest.approx(float((1 - angles[:, 1].cos()).mean()))
