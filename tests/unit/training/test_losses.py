"""Each loss against a naive loop and against the library that docs name; gradients too."""

import itertools

import pytest
import torch
from torch.nn.functional import normalize

from alignment.training.losses import distances, infonce_loss, pairwise, triplet_loss


def batch(n: int, dim: int = 8, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    a, p, neg = (torch.randn(n, dim, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(3))
    return a, p, neg


def groups(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(n), torch.arange(n, 2 * n)


def everyone(n: int) -> torch.Tensor:
    return torch.arange(n)


def naive_distance(x: torch.Tensor, y: torch.Tensor, distance: str) -> torch.Tensor:
    return 1 - x @ y if distance == "cosine" else (x - y).norm()


def naive_triplet(a, p, n, g, ng, margin, distance, in_batch):  # type: ignore[no-untyped-def]
    losses = []
    for i in range(len(a)):
        losses.append(torch.relu(naive_distance(a[i], p[i], distance) - naive_distance(a[i], n[i], distance) + margin))
    if in_batch != "none":
        for anchors, candidates in ((a, ((p, g), (n, ng))), (p, ((a, g),))):
            for i in range(len(a)):
                positive = naive_distance(a[i], p[i], distance)
                found = []
                for texts, text_groups in candidates:
                    for j in range(len(a)):
                        d = naive_distance(anchors[i], texts[j], distance)
                        if text_groups[j] != g[i] and (in_batch == "hardest" or d > positive):
                            found.append(d)
                if found:
                    losses.append(torch.relu(positive - min(found) + margin))
    return sum(losses) / len(losses)


@pytest.mark.parametrize(
    ("distance", "in_batch"), list(itertools.product(("cosine", "euclidean"), ("none", "hardest", "semihard")))
)
def test_triplet_parity_with_a_naive_loop(distance: str, in_batch: str) -> None:
    a, p, n = batch(7)
    g, ng = groups(7)
    g[3] = g[1]  # two of one meaning
    ng[2] = g[5]
    unit = [normalize(x, dim=-1) for x in (a, p, n)]
    ours = triplet_loss(*unit, g, ng, everyone(7), margin=0.3, distance=distance, in_batch=in_batch).value  # type: ignore[arg-type]
    theirs = naive_triplet(*unit, g, ng, 0.3, distance, in_batch)
    assert abs(ours - theirs) < 1e-12
    difference = [
        x - y
        for x, y in zip(
            torch.autograd.grad(ours, (a, p, n), retain_graph=True), torch.autograd.grad(theirs, (a, p, n)), strict=True
        )
    ]
    largest = max(d.abs().max().item() for d in difference)
    print(f"triplet {distance} {in_batch}: largest gradient difference {largest:.1e}")
    assert largest < 1e-10


@pytest.mark.parametrize("in_batch", ["hardest", "semihard"])
def test_some_triplets_without_their_explicit_negative(in_batch: str) -> None:
    a, p, n = (normalize(x, dim=-1) for x in batch(7))
    g, ng = groups(7)
    owners = torch.tensor([1, 4])
    ours = triplet_loss(a, p, n[owners], g, ng[owners], owners, margin=0.3, in_batch=in_batch)  # type: ignore[arg-type]
    losses = [torch.relu(naive_distance(a[i], p[i], "cosine") - naive_distance(a[i], n[i], "cosine") + 0.3) for i in (1, 4)]
    for x, y, more in ((a, p, list(n[owners])), (p, a, [])):
        for i in range(7):
            positive = naive_distance(a[i], p[i], "cosine")
            others = [naive_distance(x[i], z, "cosine") for z in (*[y[j] for j in range(7) if j != i], *more)]
            found = [d for d in others if in_batch == "hardest" or d > positive]
            losses += [torch.relu(positive - min(found) + 0.3)] if found else []
    assert abs(ours.value - sum(losses) / len(losses)) < 1e-12
    none = torch.tensor([], dtype=torch.long)
    alone = triplet_loss(a[:1], p[:1], n[none], g[:1], ng[none], none, margin=0.3, in_batch=in_batch)  # type: ignore[arg-type]
    assert alone.value == 0 and alone.value.requires_grad


class _Given(torch.nn.Module):
    """Hands ready embeddings to a sentence-transformers loss."""

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"sentence_embedding": features["x"]}


def test_parity_with_sentence_transformers() -> None:
    from sentence_transformers.sentence_transformer import losses as st

    a, p, n = (normalize(x, dim=-1).detach().float() for x in batch(6))
    g, ng = groups(6)
    features = [{"x": x} for x in (a, p, n)]
    labels = torch.zeros(6)
    ours = triplet_loss(a, p, n, g, ng, everyone(len(a)), margin=0.3, distance="cosine").value
    theirs = st.TripletLoss(_Given(), distance_metric=st.TripletDistanceMetric.COSINE, triplet_margin=0.3)(features, labels)  # type: ignore[arg-type]
    assert abs(ours - theirs) < 1e-5
    ours = triplet_loss(a, p, n, g, ng, everyone(len(a)), margin=0.3, distance="euclidean").value
    theirs = st.TripletLoss(_Given(), distance_metric=st.TripletDistanceMetric.EUCLIDEAN, triplet_margin=0.3)(
        features, labels
    )  # type: ignore[arg-type]
    assert abs(ours - theirs) < 1e-4  # theirs adds 1e-6 to each coordinate
    peer = st.MultipleNegativesRankingLoss(_Given(), scale=20.0)  # type: ignore[arg-type]
    forward = peer([{"x": a}, {"x": p}, {"x": n}], labels)
    backward = peer([{"x": p}, {"x": a}], labels)
    assert abs(infonce_loss(a, p, n, g, ng, scale=20.0).value - (forward + backward) / 2) < 1e-5


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
@pytest.mark.parametrize("in_batch", ["none", "hardest", "semihard"])
def test_identical_rows_and_a_single_row_have_finite_gradients(distance: str, in_batch: str) -> None:
    for size in (1, 3):
        x = torch.ones(size, 4, requires_grad=True)
        unit = normalize(x, dim=-1)
        loss = triplet_loss(
            unit, unit, unit, *groups(size), everyone(size), margin=0.2, distance=distance, in_batch=in_batch
        )  # type: ignore[arg-type]
        (gradient,) = torch.autograd.grad(loss.value, x)
        assert loss.value.isfinite() and gradient.isfinite().all()


def test_distances_agree_and_bf16_is_finite() -> None:
    x, y = (normalize(t.detach(), dim=-1) for t in batch(5)[:2])
    for distance in ("cosine", "euclidean"):
        assert torch.allclose(pairwise(x, y, distance).diagonal(), distances(x, y, distance))  # type: ignore[arg-type]
    half = [t.bfloat16() for t in (x, y, y)]
    assert triplet_loss(*half, *groups(5), everyone(5), margin=0.2, in_batch="hardest").value.isfinite()


def test_active_share() -> None:
    x = normalize(torch.eye(4), dim=-1)
    loss = triplet_loss(x, x, x.roll(1, 0), *groups(4), everyone(4), margin=0.2)
    assert loss.value == 0 and loss.active == 0 and loss.negative == 1
