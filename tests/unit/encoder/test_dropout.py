import pytest
import torch

from alignment.encoder.dropout import ByteDropout, draw_keep_mask, drop


@pytest.fixture
def x() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.ones(300, 1000, requires_grad=True)


def test_gradient_is_the_mask(x: torch.Tensor) -> None:
    y = drop(x, 0.1)
    y.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_mean_stays_and_share_is_rounded(x: torch.Tensor) -> None:
    y = drop(x, 0.1).detach()
    dropped = (y == 0).float()
    assert float(y.mean()) == pytest.approx(1.0, abs=2e-3)
    assert float(dropped.mean()) == pytest.approx(26 / 256, abs=2e-3)


def test_every_byte_of_a_word_is_drawn(x: torch.Tensor) -> None:
    columns = (drop(x, 0.1).detach() == 0).float().mean(dim=0)
    assert float(columns.max()) < 0.2
    assert float(columns.min()) > 0.02


def test_same_seed_same_mask(x: torch.Tensor) -> None:
    first = drop(x, 0.1)
    torch.manual_seed(1)
    assert torch.equal(drop(x, 0.1), first)


def test_nothing_is_dropped_outside_training(x: torch.Tensor) -> None:
    assert torch.equal(drop(x, 0.0), x)
    assert torch.equal(ByteDropout(0.5).eval()(x), x)
    assert not torch.equal(ByteDropout(0.5).train()(x), x)


@pytest.mark.parametrize(
    ("probability", "share"), [(1e-6, 1 / 256), (1.0, 255 / 256)], ids=["tiny", "one"]
)
def test_extreme_probabilities_are_clamped(probability: float, share: float) -> None:
    torch.manual_seed(1)
    mask = draw_keep_mask((1000, 1000), probability)
    assert set(mask.unique().tolist()) == {0, 1}
    assert 1 - float(mask.float().mean()) == pytest.approx(share, abs=1e-3)


def test_odd_shapes() -> None:
    assert draw_keep_mask((3, 5), 0.5).shape == (3, 5)
    assert draw_keep_mask((0, 5), 0.5).shape == (0, 5)
