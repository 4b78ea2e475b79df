"""Each loss against a naive loop and against the library that docs name; gradients too."""

import itertools

import pytest
import torch
from torch.nn.functional import normalize

from alignment.training.losses import (
    distances,
    geometry_loss,
    infonce_loss,
    matryoshka,
    pairwise,
    triplet_loss,
)


def batch(n: int, dim: int = 8, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    a, p, neg = (
        torch.randn(n, dim, generator=generator, dtype=torch.float64).requires_grad_()
        for _ in range(3)
    )
    return a, p, neg


def groups(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(n), torch.arange(n, 2 * n)


def everyone(n: int) -> torch.Tensor:
    return torch.arange(n)


def naive_distance(x: torch.Tensor, y: torch.Tensor, distance: str) -> torch.Tensor:
    return 1 - x @ y if distance == "cosine" else (x - y).norm()


def naive_triplet(a, p, n, g, ng, margin, distance, in_batch, soft=False, active_mean=False):  # type: ignore[no-untyped-def]
    gaps = [
        naive_distance(a[i], p[i], distance) - naive_distance(a[i], n[i], distance)
        for i in range(len(a))
    ]
    if in_batch != "none":
        for anchors, candidates in ((a, ((p, g), (n, ng))), (p, ((a, g),))):
            for i in range(len(a)):
                positive = naive_distance(a[i], p[i], distance)
                every = [
                    naive_distance(anchors[i], texts[j], distance)
                    for texts, text_groups in candidates
                    for j in range(len(a))
                    if text_groups[j] != g[i]
                ]
                further = [d for d in every if d > positive]
                chosen = {
                    "hardest": every and [min(every)],
                    "semihard": further and [min(further)],
                    "semihard_farthest": every and [min(further) if further else max(every)],
                    "semihard_within_margin": [d for d in further if d <= positive + margin],
                }[in_batch]
                gaps += [positive - d for d in chosen]
    losses = [torch.log1p(torch.exp(gap)) if soft else torch.relu(gap + margin) for gap in gaps]
    counted = (
        max(1, sum(bool(gap > 0 if soft else gap > -margin) for gap in gaps))
        if active_mean
        else len(losses)
    )
    return sum(losses) / counted


def largest_difference(
    ours: torch.Tensor, theirs: torch.Tensor, inputs: tuple[torch.Tensor, ...]
) -> float:
    """Of the values and of all gradients."""
    pairs = [(ours, theirs)]
    for one in (ours, theirs):
        assert one.isfinite()
    ways = [torch.autograd.grad(one, inputs, retain_graph=True) for one in (ours, theirs)]
    pairs += list(zip(*ways, strict=True))
    return max((x - y).abs().max().item() for x, y in pairs)


IN_BATCH = ("none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin")


@pytest.mark.parametrize("shape", [{}, {"soft": True}, {"active_mean": True}], ids=str)
@pytest.mark.parametrize(
    ("distance", "in_batch"), list(itertools.product(("cosine", "euclidean"), IN_BATCH))
)
def test_triplet_parity_with_a_naive_loop(
    distance: str, in_batch: str, shape: dict[str, bool]
) -> None:
    a, p, n = batch(7)
    g, ng = groups(7)
    g[3] = g[1]  # two of one meaning
    ng[2] = g[5]
    unit = [normalize(x, dim=-1) for x in (a, p, n)]
    ours = triplet_loss(
        *unit, g, ng, everyone(7), margin=0.3, distance=distance, in_batch=in_batch, **shape
    ).value  # type: ignore[arg-type]
    theirs = naive_triplet(*unit, g, ng, 0.3, distance, in_batch, **shape)
    largest = largest_difference(ours, theirs, (a, p, n))
    print(
        f"triplet {distance} {in_batch} {shape}: largest difference of value and gradients {largest:.1e}"
    )
    assert largest < 1e-10


@pytest.mark.parametrize("in_batch", ["hardest", "semihard"])
def test_some_triplets_without_their_explicit_negative(in_batch: str) -> None:
    a, p, n = (normalize(x, dim=-1) for x in batch(7))
    g, ng = groups(7)
    owners = torch.tensor([1, 4])
    ours = triplet_loss(a, p, n[owners], g, ng[owners], owners, margin=0.3, in_batch=in_batch)  # type: ignore[arg-type]
    losses = [
        torch.relu(
            naive_distance(a[i], p[i], "cosine") - naive_distance(a[i], n[i], "cosine") + 0.3
        )
        for i in (1, 4)
    ]
    for x, y, more in ((a, p, list(n[owners])), (p, a, [])):
        for i in range(7):
            positive = naive_distance(a[i], p[i], "cosine")
            others = [
                naive_distance(x[i], z, "cosine")
                for z in (*[y[j] for j in range(7) if j != i], *more)
            ]
            found = [d for d in others if in_batch == "hardest" or d > positive]
            losses += [torch.relu(positive - min(found) + 0.3)] if found else []
    assert abs(ours.value - sum(losses) / len(losses)) < 1e-12
    none = torch.tensor([], dtype=torch.long)
    alone = triplet_loss(
        a[:1], p[:1], n[none], g[:1], ng[none], none, margin=0.3, in_batch=in_batch
    )  # type: ignore[arg-type]
    assert alone.value == 0 and alone.value.requires_grad


class _Given(torch.nn.Module):
    """Hands ready embeddings to a sentence-transformers loss."""

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"sentence_embedding": features["x"]}

    def get_embedding_dimension(self) -> int:
        return 8


def test_parity_with_sentence_transformers() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (normalize(x, dim=-1).detach().float() for x in batch(6))
    g, ng = groups(6)
    features = [{"x": x} for x in (a, p, n)]
    labels = torch.zeros(6)
    ours = triplet_loss(a, p, n, g, ng, everyone(len(a)), margin=0.3, distance="cosine").value
    theirs = st.TripletLoss(
        _Given(), distance_metric=st.TripletDistanceMetric.COSINE, triplet_margin=0.3
    )(features, labels)  # type: ignore[arg-type]
    assert abs(ours - theirs) < 1e-5
    ours = triplet_loss(a, p, n, g, ng, everyone(len(a)), margin=0.3, distance="euclidean").value
    theirs = st.TripletLoss(
        _Given(), distance_metric=st.TripletDistanceMetric.EUCLIDEAN, triplet_margin=0.3
    )(features, labels)  # type: ignore[arg-type]
    assert abs(ours - theirs) < 1e-4  # theirs adds 1e-6 to each coordinate
    peer = st.MultipleNegativesRankingLoss(_Given(), scale=20.0)  # type: ignore[arg-type]
    forward = peer([{"x": a}, {"x": p}, {"x": n}], labels)
    backward = peer([{"x": p}, {"x": a}], labels)
    assert abs(infonce_loss(a, p, n, g, ng, scale=20.0).value - (forward + backward) / 2) < 1e-5


@pytest.mark.parametrize("soft", [False, True])
def test_in_batch_hardest_parity_with_sentence_transformers(soft: bool) -> None:
    """Theirs mines among all sentences of a label; with one pair a label that is our anchors' way and our positives'."""
    from sentence_transformers.sentence_transformer import losses as st

    a, p, _ = (normalize(x, dim=-1) for x in batch(6))
    own = triplet_loss(
        torch.cat([a, p]),
        torch.cat([p, a]),
        a[:0],
        everyone(6).repeat(2),
        everyone(0),
        everyone(0),
        margin=0.3,
        in_batch="hardest",
        soft=soft,
    ).value
    distance = st.BatchHardTripletLossDistanceFunction.cosine_distance
    labels, both = everyone(6).repeat(2), torch.cat([a, p])
    peer = (
        st.BatchHardSoftMarginTripletLoss(_Given(), distance_metric=distance)  # type: ignore[arg-type]
        if soft
        else st.BatchHardTripletLoss(_Given(), distance_metric=distance, margin=0.3)  # type: ignore[arg-type]
    )
    largest = abs(own - peer([{"x": both}], labels)).item()
    print(
        f"in-batch hardest {'soft margin ' if soft else ''}beside sentence-transformers: largest difference {largest:.1e}"
    )
    assert largest < 1e-6


def test_semihard_farthest_parity_with_sentence_transformers() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, _ = (normalize(x, dim=-1) for x in batch(6))
    both, labels = torch.cat([a, p]), everyone(6).repeat(2)
    distance = st.BatchHardTripletLossDistanceFunction.cosine_distance
    peer = st.BatchSemiHardTripletLoss(_Given(), distance_metric=distance, margin=0.3)(
        [{"x": both}], labels
    )  # type: ignore[arg-type]
    ours = triplet_loss(
        both,
        torch.cat([p, a]),
        a[:0],
        labels,
        everyone(0),
        everyone(0),
        margin=0.3,
        in_batch="semihard_farthest",
    ).value
    largest = abs(ours - peer).item()
    print(
        f"semi-hard with the farthest as fallback beside sentence-transformers: largest difference {largest:.1e}"
    )
    assert largest < 1e-6


@pytest.mark.parametrize("rule", ["active_mean", "within_margin", "easy_hard"])
def test_parity_with_pytorch_metric_learning(rule: str) -> None:
    from pytorch_metric_learning import losses as pml
    from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
    from pytorch_metric_learning.miners import BatchEasyHardMiner, TripletMarginMiner
    from pytorch_metric_learning.reducers import AvgNonZeroReducer, MeanReducer

    a, p, n = (normalize(x, dim=-1) for x in batch(6))
    if rule == "active_mean":
        labels = torch.cat([everyone(6), everyone(6), everyone(6) + 6])
        chosen = (everyone(6), everyone(6) + 6, everyone(6) + 12)
        peer = pml.TripletMarginLoss(margin=0.3, distance=LpDistance(), reducer=AvgNonZeroReducer())
        theirs = peer(torch.cat([a, p, n]), labels, chosen)
        ours = triplet_loss(
            a, p, n, *groups(6), everyone(6), margin=0.3, distance="euclidean", active_mean=True
        ).value
    else:
        both, labels = torch.cat([a, p]), everyone(6).repeat(2)
        miners = {
            "within_margin": TripletMarginMiner(
                margin=0.3, type_of_triplets="semihard", distance=CosineSimilarity()
            ),
            "easy_hard": BatchEasyHardMiner(
                pos_strategy="easy", neg_strategy="semihard", distance=CosineSimilarity()
            ),
        }
        peer = pml.TripletMarginLoss(margin=0.3, distance=CosineSimilarity(), reducer=MeanReducer())
        theirs = peer(both, labels, miners[rule](both, labels))
        name = {"within_margin": "semihard_within_margin", "easy_hard": "semihard"}[rule]
        ours = triplet_loss(
            both,
            torch.cat([p, a]),
            a[:0],
            labels,
            everyone(0),
            everyone(0),
            margin=0.3,
            in_batch=name,  # type: ignore[arg-type]
        ).value
    largest = abs(ours - theirs).item()
    print(f"{rule} beside pytorch-metric-learning: largest difference {largest:.1e}")
    assert largest < 1e-6


@pytest.mark.parametrize("margin", [0.0, 0.1])
def test_infonce_parity_with_a_naive_loop(margin: float) -> None:
    a, p, n = batch(6)
    g, ng = groups(6)
    g[4], ng[1] = g[0], g[2]
    x, y, z = (normalize(t, dim=-1) for t in (a, p, n))
    scale = torch.tensor(20.0, dtype=torch.float64, requires_grad=True)
    losses = []
    for i in range(6):
        forward = [y[j] @ x[i] - margin * (i == j) for j in range(6) if j == i or g[j] != g[i]]
        forward += [z[j] @ x[i] for j in range(6) if ng[j] != g[i]]
        backward = [x[j] @ y[i] - margin * (i == j) for j in range(6) if j == i or g[j] != g[i]]
        for cosines in (forward, backward):
            losses.append(
                torch.logsumexp(scale * torch.stack(cosines), 0) - scale * (x[i] @ y[i] - margin)
            )
    ours = infonce_loss(x, y, z, g, ng, scale=scale, margin=margin).value
    largest = largest_difference(ours, sum(losses) / len(losses), (a, p, n, scale))
    print(f"InfoNCE margin {margin}: largest difference of value and gradients {largest:.1e}")
    assert largest < 1e-10


def test_geometry_parity_with_a_naive_loop() -> None:
    a, p, _ = batch(5)
    x, teacher = normalize(a, dim=-1), normalize(torch.cat([p, p], dim=1), dim=-1).detach()
    pairs = [(i, j) for i in range(5) for j in range(5) if i != j]
    theirs = sum((x[i] @ x[j] - teacher[i] @ teacher[j]) ** 2 for i, j in pairs) / len(pairs)
    largest = largest_difference(geometry_loss(x, teacher), theirs, (a,))  # type: ignore[arg-type]
    print(f"distillation of the geometry: largest difference of value and gradients {largest:.1e}")
    assert largest < 1e-12 and geometry_loss(x[:1], teacher[:1]) == 0


def test_matryoshka_parity_with_sentence_transformers() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (normalize(x, dim=-1).detach().float() for x in batch(6))
    model = _Given()
    inner = st.MultipleNegativesRankingLoss(model, scale=20.0)  # type: ignore[arg-type]
    peer = st.MatryoshkaLoss(model, inner, matryoshka_dims=[8, 4], matryoshka_weights=[0.5, 0.5])  # type: ignore[arg-type]
    theirs = [peer([{"x": x} for x in way], torch.zeros(6)) for way in ((a, p, n), (p, a))]
    cut = zip(*(matryoshka(x, [4, 8]) for x in (a, p, n)), strict=True)
    ours = sum(infonce_loss(*one, *groups(6), scale=20.0).value for one in cut) / 2
    largest = abs(ours - sum(theirs) / 2).item()
    print(f"Matryoshka beside sentence-transformers: largest difference {largest:.1e}")
    assert largest < 1e-5


def test_infonce_never_sets_a_meaning_against_itself() -> None:
    a, p, n = (normalize(x, dim=-1) for x in batch(4))
    g, ng = groups(4)
    g[1], p = g[0], p.clone()
    p[1] = p[0]
    alone = torch.tensor([0, 2, 3])
    merged = infonce_loss(a, p, n, g, ng, scale=20.0).value
    assert merged.isfinite()
    without = infonce_loss(a[alone], p[alone], n[alone], g[alone], ng[alone], scale=20.0).value
    masked_rows = infonce_loss(a, p, n, torch.arange(4), ng, scale=20.0).value
    assert merged < masked_rows  # the twin would have been a false negative
    assert without.isfinite()


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("in_batch", IN_BATCH)
def test_identical_rows_and_a_single_row_have_finite_gradients(
    distance: str, in_batch: str
) -> None:
    for size in (1, 3):
        x = torch.ones(size, 4, requires_grad=True)
        unit = normalize(x, dim=-1)
        loss = triplet_loss(
            unit,
            unit,
            unit,
            *groups(size),
            everyone(size),
            margin=0.2,
            distance=distance,
            in_batch=in_batch,
        )  # type: ignore[arg-type]
        (gradient,) = torch.autograd.grad(loss.value, x)
        assert loss.value.isfinite() and gradient.isfinite().all()


def test_distances_agree_and_bf16_is_finite() -> None:
    x, y = (normalize(t.detach(), dim=-1) for t in batch(5)[:2])
    for distance in ("cosine", "euclidean"):
        assert torch.allclose(pairwise(x, y, distance).diagonal(), distances(x, y, distance))  # type: ignore[arg-type]
    half = [t.bfloat16() for t in (x, y, y)]
    assert triplet_loss(
        *half, *groups(5), everyone(5), margin=0.2, in_batch="hardest"
    ).value.isfinite()


def test_active_share() -> None:
    x = normalize(torch.eye(4), dim=-1)
    loss = triplet_loss(x, x, x.roll(1, 0), *groups(4), everyone(4), margin=0.2)
    assert loss.value == 0 and loss.active == 0 and loss.negative == 1
