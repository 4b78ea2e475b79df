import numpy as np
import pytest
import torch

from alignment import compat
from alignment.retrieval.exact_search import _plain, _sieved
from alignment.retrieval.int8_sieve import GROUP, Int8Sieve, passed_similarities
from tests.unit.retrieval.vectors import scaled, unit


@pytest.fixture(autouse=True)
def no_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """`_sieved` takes this sieve, also on a CPU with tiles."""
    monkeypatch.setattr(compat, "has_bf16_tiles", lambda: False)


def rows(passed_counts: torch.Tensor, candidates: torch.Tensor) -> list[set[int]]:
    parts = candidates.split(passed_counts.tolist())
    return [set(part.tolist()) for part in parts]


def test_nearest_always_pass() -> None:
    x = unit(100, 16)
    y = unit(3000, 16, seed=1)
    passed = Int8Sieve(torch.from_numpy(y), 5).passed(torch.from_numpy(x))
    expected = np.argsort(-(x @ y.T), axis=1)[:, :5]
    assert not len(passed.crowded)
    for candidates, best in zip(rows(passed.counts, passed.candidates), expected, strict=True):
        assert candidates >= set(best.tolist())


def test_few_candidates_pass() -> None:
    y = torch.from_numpy(unit(3000, 16, seed=1))
    passed = Int8Sieve(y, 5).passed(y[:100])
    assert passed.counts.float().mean() < 30


def test_error_is_within_the_bound() -> None:
    y = torch.from_numpy(scaled(unit(500, 16) + 1))
    x = y[:100]
    sieve = Int8Sieve(y, 5)
    unit_ = x.abs().amax(dim=1, keepdim=True) / 127
    rounded = (x / unit_).round()
    bound = sieve._rounding.error_bound(x, rounded * unit_)
    approximate = (rounded * unit_) @ (sieve.rounded[:500].float() * sieve.unit).T
    exact = x @ (y - sieve.mean).T
    assert ((approximate - exact).abs() <= bound.unsqueeze(1)).all()


def test_crowded_queries_list_k_candidates() -> None:
    y = torch.from_numpy(np.repeat(unit(1, 8), 600 * GROUP, axis=0))
    passed = Int8Sieve(y, 3).passed(y[:2])
    assert passed.crowded.tolist() == [0, 1]
    assert passed.counts.tolist() == [3, 3]
    assert passed.candidates.tolist() == [0, 1, 2, 0, 1, 2]


def test_similarities_are_float32_products() -> None:
    x = torch.from_numpy(unit(20, 16))
    y = torch.from_numpy(unit(1000, 16, seed=1))
    passed = Int8Sieve(y, 5).passed(x)
    similarities = passed_similarities(x, y, passed)
    queries = torch.arange(20).repeat_interleave(passed.counts)
    expected = (x[queries] * y[passed.candidates]).sum(dim=1)
    torch.testing.assert_close(similarities, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("spread", [None, 1e-4, 0], ids=["whole space", "nearly equal", "equal"])
def test_bound_holds_for(spread: float | None) -> None:
    """Vectors that fill the space, and candidates so close that all of them pass."""
    rng = np.random.default_rng(7)
    x = scaled(rng.normal(size=(300, 32)))
    noise = rng.normal(size=(5000, 32))
    y = scaled(noise) if spread is None else scaled(x[:1] + spread * noise)
    sieved = _sieved(x, y, 5)
    plain = _plain(x, y, 5, 256)
    assert np.abs(sieved.similarities - plain.similarities).max() < 1e-6
