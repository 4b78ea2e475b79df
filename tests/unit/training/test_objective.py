import pytest
import torch
from torch.nn.functional import normalize

from alignment.config import Train
from alignment.errors import Collapsed, NonFiniteLoss
from alignment.training.collate import TripletBatch
from alignment.training.data import UNUSED
from alignment.training.losses import (
    BatchGroups,
    Loss,
    geometry_loss,
    infonce_loss,
    triplet_loss,
)
from alignment.training.objective import COLLAPSED_DISTANCE, Objective, check_loss

VECTORS = normalize(torch.randn(7, 6, generator=torch.Generator().manual_seed(3)), dim=-1)
GROUPS = BatchGroups(torch.tensor([5, 6, 5]), torch.tensor([8]), torch.tensor([1]))
"""The first and the last pair mean the same, and the second has a negative."""


def batch(*, taught: bool = False) -> TripletBatch:
    """Three triplets of `VECTORS`, of which one has a negative."""
    return {
        "chunks": [],
        "sizes": [len(VECTORS)],
        "triplets": torch.tensor([[6, 0, UNUSED], [1, 2, 5], [3, 4, UNUSED]]),
        "groups": torch.tensor([[5, 7], [6, 8], [5, 9]]),
        "indices": torch.arange(3),
        "teacher_rows": torch.tensor([1, 3] if taught else [], dtype=torch.long),
        "teacher_vectors": torch.eye(2),
    }


def sides(dim: int = 6) -> list[torch.Tensor]:
    """Anchors, positives and negatives of `batch`, cut to a dimension."""
    chosen = [VECTORS[[6, 1, 3]], VECTORS[[0, 2, 4]], VECTORS[[5]]]
    return [normalize(side[:, :dim], dim=-1) for side in chosen]


def triplet(dim: int = 6) -> Loss:
    return triplet_loss(*sides(dim), groups=GROUPS, in_batch_negatives="hardest")


def infonce(scale: float = 20.0) -> Loss:
    return infonce_loss(*sides(), groups=GROUPS, scale=scale)


def value(log_scale: torch.Tensor | None = None, **options: object) -> torch.Tensor:
    train = Train.model_validate({"in_batch_negatives": "hardest", **options})
    return Objective(train)(VECTORS, batch(), log_scale).value


def test_the_configured_loss() -> None:
    assert torch.allclose(value(), triplet().value)
    assert torch.allclose(value(loss="infonce"), infonce().value)


def test_the_options_reach_the_losses() -> None:
    assert value(margin=0.5) > value()
    assert value(soft_margin=True) != value()
    assert value(distance="euclidean") != value()
    assert value(reduction="active") >= value()
    assert value(loss="infonce", additive_margin=0.1) > value(loss="infonce")


def test_triplet_weight_mixes_both() -> None:
    expected = 0.3 * triplet().value + 0.7 * infonce().value
    assert torch.allclose(value(loss="triplet+infonce", triplet_weight=0.3), expected)


def test_a_learned_scale_replaces_the_set_one() -> None:
    log_scale = torch.tensor(5.0).log()
    assert torch.allclose(value(log_scale, loss="infonce", scale=50.0), infonce(5.0).value)


def test_matryoshka_averages_over_the_dimensions() -> None:
    loss = Objective(Train(in_batch_negatives="hardest", matryoshka_dims=(2, 4)))(VECTORS, batch())
    expected = (triplet(2).value + triplet(4).value + triplet(6).value) / 3
    assert torch.allclose(loss.value, expected)
    assert torch.allclose(loss.negative, triplet().negative)  # of the whole vectors


def test_distillation_is_added() -> None:
    train = Train(in_batch_negatives="hardest", distill_weight=2.0)
    loss = Objective(train)(VECTORS, batch(taught=True))
    geometry = geometry_loss(VECTORS[[1, 3]], torch.eye(2))
    assert torch.allclose(loss.value, triplet().value + 2.0 * geometry)


def loss_with(value: float = 0.3, negative: float = 0.5) -> Loss:
    zero = torch.zeros(())
    return Loss(torch.tensor(value), zero, zero, zero, torch.tensor(negative))


def test_a_healthy_loss_passes() -> None:
    check_loss(loss_with(), 5, list)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_names_its_pairs(value: float) -> None:
    with pytest.raises(NonFiniteLoss, match=r"the loss is (nan|inf) at step 5") as raised:
        check_loss(loss_with(value), 5, lambda: ["x", "y"])
    assert raised.value.where == "pairs x, y"
    assert "learning_rate" in str(raised.value.hint)


def test_a_collapsed_encoder_is_refused() -> None:
    collapsed = loss_with(negative=COLLAPSED_DISTANCE / 2)
    with pytest.raises(Collapsed, match="at step 2 the mean distance"):
        check_loss(collapsed, 2, list)
    check_loss(collapsed, 1, list)  # before the first update it is the base encoder's
