from __future__ import annotations

import numpy as np
import pytest
import torch

from alignment import compat
from alignment.retrieval.bf16_sieve import Bf16Sieve
from alignment.retrieval.exact_search import _plain, _sieved
from alignment.retrieval.int8_sieve import GROUP
from tests.unit.retrieval.vectors import scaled, unit


@pytest.fixture(autouse=True)
def tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """`_sieved` takes this sieve, also on a CPU without tiles."""
    monkeypatch.setattr(compat, "has_bf16_tiles", lambda: True)


def test_nearest_always_pass() -> None:
    x = unit(100, 16)
    y = unit(3000, 16, seed=1)
    passed = Bf16Sieve(torch.from_numpy(y), 5).passed(torch.from_numpy(x))
    expected = np.argsort(-(x @ y.T), axis=1)[:, :5]
    assert not len(passed.crowded)
    candidates = passed.candidates.split(passed.counts.tolist())
    for of_query, best in zip(candidates, expected, strict=True):
        assert set(of_query.tolist()) >= set(best.tolist())
    assert passed.counts.float().mean() < 15


@pytest.mark.parametrize("scale", [0.0, 1.0, 20.0], ids=["around 0", "apart", "near each other"])
def test_error_is_within_the_bound(scale: float) -> None:
    y = torch.from_numpy(scaled(unit(500, 384) + scale / 384**0.5))
    x = y[:100]
    sieve = Bf16Sieve(y, 5)
    rounded = x.bfloat16()
    bound = sieve._error_bound(x, rounded.float())
    approximate = (rounded @ sieve.rounded[:500].T).double()
    exact = x.double() @ (y.double() - sieve.mean.double()).T
    assert bool(((approximate - exact).abs() <= bound.unsqueeze(1)).all())


def test_crowded_queries_list_k_candidates() -> None:
    y = torch.from_numpy(np.repeat(unit(1, 8), 600 * GROUP, axis=0))
    passed = Bf16Sieve(y, 3).passed(y[:2])
    assert passed.crowded.tolist() == [0, 1]
    assert passed.counts.tolist() == [3, 3]
    assert passed.candidates.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize("spread", [None, 1e-4, 0], ids=["whole space", "nearly equal", "equal"])
@pytest.mark.parametrize("candidates", [5000, 5001])
def test_bound_holds_for(spread: float | None, candidates: int) -> None:
    """Vectors that fill the space, and candidates so close that all of them pass."""
    rng = np.random.default_rng(7)
    x = scaled(rng.normal(size=(300, 32)))
    noise = rng.normal(size=(candidates, 32))
    y = scaled(noise) if spread is None else scaled(x[:1] + spread * noise)
    sieved = _sieved(x, y, 5)
    plain = _plain(x, y, 5, 256)
    assert np.abs(sieved.similarities - plain.similarities).max() < 1e-6


@pytest.mark.parametrize("side", ["query", "candidate"])
def test_values_that_are_not_finite_go_to_the_plain_search(side: str) -> None:
    x, y = unit(40, 16), unit(3000, 16, seed=1)
    (x if side == "query" else y)[7] = np.nan
    sieved = _sieved(x, y, 5)
    plain = _plain(x, y, 5, 256)
    rows = [row for row in range(40) if side == "candidate" or row != 7]
    assert np.array_equal(sieved.indices[rows], plain.indices[rows])
