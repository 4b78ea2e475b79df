import doctest
import subprocess
import sys

import numpy as np
import pytest
import torch

from alignment import compat
from alignment.retrieval import exact_search, int8_sieve, neighbors
from alignment.retrieval.exact_search import _plain, _sieved
from alignment.retrieval.neighbors import nearest
from tests.unit.retrieval.vectors import scaled, unit


def test_examples() -> None:
    result = doctest.testmod(neighbors)
    assert result.attempted > 0
    assert result.failed == 0


def test_nearest_equals_brute_force() -> None:
    x = unit(30)
    y = unit(9, seed=2)
    indices, similarities = nearest(x, y, 4, block=8)
    expected = np.argsort(-(x @ y.T), axis=1, kind="stable")[:, :4]
    assert (indices == expected).all()
    assert np.allclose(similarities, np.take_along_axis(x @ y.T, expected, axis=1))


def test_k_is_bounded_by_the_candidates() -> None:
    indices, similarities = nearest(unit(30), unit(9, seed=2), 99)
    assert indices.shape == similarities.shape == (30, 9)


def test_ties_go_to_the_lower_index() -> None:
    y = scaled([[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]])
    assert nearest(y[:1], y, 2).indices.tolist() == [[0, 2]]
    assert nearest(y[1:2], y, 4).indices.tolist() == [[1, 4, 0, 2]]


def test_a_gpu_searches_as_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code for a GPU, here on the CPU, in blocks of four queries."""
    monkeypatch.setattr(exact_search, "DEVICE_CELLS", 4 * 2000)
    x = unit(30)
    y = unit(2000, seed=2)
    on_device = exact_search._on_device(x, y, 9, "cpu")
    plain = _plain(x, y, 9, 256)
    assert (on_device.indices == plain.indices).all()
    assert np.abs(on_device.similarities - plain.similarities).max() < 1e-6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu() -> None:
    x = unit(300)
    y = unit(20_000, seed=2)
    on_gpu = nearest(x, y, 16, device="cuda")
    on_cpu = _plain(x, y, 16, 256)
    assert np.abs(on_gpu.similarities - on_cpu.similarities).max() < 1e-5
    of_indices = np.einsum("nd,nkd->nk", x, y[on_gpu.indices])
    assert np.abs(on_gpu.similarities - of_indices).max() < 1e-5


def test_the_device_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = []
    monkeypatch.setattr(
        exact_search, "_on_device", lambda *arguments: devices.append(arguments[-1])
    )
    nearest(unit(2), unit(3), 1, device="cuda")
    assert devices == ["cuda"]


@pytest.mark.parametrize(("supported", "function"), [(True, "_sieved"), (False, "_plain")])
def test_large_searches_are_sieved(
    supported: bool, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def record(*arguments: object) -> str:
        calls.append(function)
        return function

    monkeypatch.setattr(compat, "has_int8_dot_products", lambda: supported)
    monkeypatch.setattr(exact_search, function, record)
    nearest(unit(1), unit(exact_search.SIEVED_FROM), 3)
    assert calls == [function]


@pytest.mark.parametrize("chunk", [exact_search.CHUNK, 9000, 9900])
@pytest.mark.parametrize("copies", [0, 3000])
@pytest.mark.parametrize("tiles", [False, True], ids=["int8", "bf16"])
def test_sieve_finds_the_nearest(
    tiles: bool, copies: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20,000 candidates around 200 centers, as similar as an E5 encoder's vectors.

    `copies` of them are equal. They come in one chunk, in three, or with a last chunk that is too
    small to sieve. Only 30 groups may pass, otherwise the plain search takes over.
    """
    monkeypatch.setattr(exact_search, "CHUNK", chunk)
    monkeypatch.setattr(int8_sieve, "MAX_GROUPS", 30)
    monkeypatch.setattr(compat, "has_bf16_tiles", lambda: tiles)
    rng = np.random.default_rng(copies)
    centers = rng.normal(size=(200, 48)) + 2
    y = scaled(centers[rng.integers(0, 200, 20_000)] + 0.3 * rng.normal(size=(20_000, 48)))
    # Products with this vector have one term, so that equal ones are equal on any CPU.
    y[:copies] = np.eye(48)[0]
    x = scaled(y[rng.integers(0, 20_000, 700)] + 0.01 * rng.normal(size=(700, 48)))
    x[0] = y[0]
    sieved = _sieved(x, y, 10)
    plain = _plain(x, y, 10, 256)
    assert np.abs(sieved.similarities - plain.similarities).max() < 1e-6
    # Indices differ only where two candidates are equal except for rounding.
    differ = sieved.indices != plain.indices
    assert differ.mean() < 0.01
    sieved_cosines = (x[:, None] * y[sieved.indices]).sum(2)
    plain_cosines = (x[:, None] * y[plain.indices]).sum(2)
    assert np.abs(sieved_cosines - plain_cosines)[differ].max(initial=0) < 1e-6
    if copies:
        assert sieved.indices[0].tolist() == list(range(10))


def test_no_warning_and_filters_stay() -> None:
    code = """
import warnings
import torch  # it adds filters
import numpy as np
warnings.simplefilter("error")
before = list(warnings.filters)
from alignment.retrieval.exact_search import _sieved
x = np.eye(64, 8, dtype=np.float32)
_sieved(x, x, 1)
assert warnings.filters == before, warnings.filters
"""
    subprocess.run([sys.executable, "-c", code], check=True)
