import numpy as np
import pytest

from alignment.retrieval import neighbors
from alignment.retrieval.metrics import retrieve, wilson
from alignment.retrieval.neighbors import _plain, _sieved, nearest


def unit(n: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    return scaled(np.random.default_rng(seed).normal(size=(n, dim)))


def scaled(x: np.ndarray) -> np.ndarray:
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def texts(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_perfect_and_blocked() -> None:
    x = unit(50)
    assert retrieve(x, x, texts(50)).correct.all()
    y = unit(50, seed=1)
    whole, blocked = retrieve(x, y, texts(50)), retrieve(x, y, texts(50), block=7)
    assert (whole.correct == blocked.correct).all() and np.allclose(whole.gold, blocked.gold)


def test_a_collapsed_encoder_scores_zero() -> None:
    for n in (2, 3, 17, 1000):
        x = np.repeat(unit(1, 384), n, axis=0)
        assert retrieve(x, x, texts(n)).correct.sum() == 0


def test_a_duplicate_of_the_gold_text_counts() -> None:
    x = unit(3)
    y = x[[1, 0, 2]]
    assert retrieve(x, y, ["a", "b", "c"]).correct.tolist() == [False, False, True]
    assert retrieve(x, y, ["a", "a", "c"]).correct.all()


def test_agrees_with_sklearn_style_argmax() -> None:
    x, y = unit(200, 16), unit(200, 16, seed=3)
    assert (retrieve(x, y, texts(200)).correct == ((x @ y.T).argmax(1) == np.arange(200))).all()


@pytest.mark.parametrize("n", [3, 60])
def test_ratio_margin_against_a_naive_loop(n: int) -> None:
    x, y = unit(n, 8) + 0.5, unit(n, 8, seed=3) + 0.5  # near each other, as an encoder's are
    x, y = scaled(x), scaled(y + 0.7 * x)
    found = retrieve(x, y, texts(n), margin=4, block=7)
    k = min(4, n)
    for i in range(n):
        scores = [
            x[i] @ y[j] / ((np.sort(y @ x[i])[-k:].mean() + np.sort(x @ y[j])[-k:].mean()) / 2)
            for j in range(n)
        ]
        assert found.gold[i] == pytest.approx(scores[i], abs=1e-5)
        assert found.best_wrong[i] == pytest.approx(max(scores[:i] + scores[i + 1 :]), abs=1e-5)
        assert found.correct[i] == (np.argmax(scores) == i)


def test_ratio_margin_holds_a_hub_back() -> None:
    hub = np.full((1, 8), 8**-0.5)
    y = scaled(np.vstack([np.eye(8), hub]))
    x = scaled(
        np.vstack([np.eye(8) + 0.4, hub])
    )  # each a little nearer to the hub than to its own translation
    assert retrieve(x, y, texts(9)).correct.tolist() == [False] * 8 + [True]
    assert retrieve(x, y, texts(9), margin=4).correct.all()
    same = np.repeat(unit(1, 4), 3, axis=0)
    assert not retrieve(
        same, same, texts(3), margin=2
    ).correct.any()  # a collapsed encoder scores 0 here too


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 queries"):
        retrieve(unit(2), unit(3), texts(3))


def test_nearest_equals_brute_force_and_k_is_bounded() -> None:
    x, y = unit(30), unit(9, seed=2)
    indices, scores = nearest(x, y, 4, block=8)
    assert (indices == np.argsort(-(x @ y.T), axis=1, kind="stable")[:, :4]).all()
    assert (np.diff(scores, axis=1) <= 0).all()
    assert nearest(x, y, 99)[0].shape == (30, 9)


def test_wilson_against_published_half_widths() -> None:
    low, high = wilson(900, 1000)  # REFERENCE: 1.9 points at 90 % and n = 1000
    assert (high - low) / 2 == pytest.approx(0.019, abs=0.0005)
    assert wilson(0, 0) == (0.0, 1.0) and wilson(10, 10)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("chunk", [neighbors.CHUNK, 9000, 9900])
@pytest.mark.parametrize("copies", [0, 3000])
def test_the_sieve_lets_the_nearest_through(
    copies: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20,000 candidates around 200 centers, as like as an E5 encoder's; with thousands of ties in the second case.

    In one chunk, in three, and with a last one that is too small to sieve. Of 30 groups only may pass, else the plain
    search has to take over.
    """
    monkeypatch.setattr(neighbors, "CHUNK", chunk)
    monkeypatch.setattr(neighbors, "CROWDED", 30)
    rng = np.random.default_rng(copies)
    centers = rng.normal(size=(200, 48)) + 2
    y = scaled(centers[rng.integers(0, 200, 20_000)] + 0.3 * rng.normal(size=(20_000, 48)))
    y[:copies] = np.eye(48)[
        0
    ]  # its products have one term: equal ones are equal on any processor, however it adds up
    x = scaled(y[rng.integers(0, 20_000, 700)] + 0.01 * rng.normal(size=(700, 48)))
    x[0] = y[0]
    sieved, plain = _sieved(x, y, 10), _plain(x, y, 10, 256)
    assert np.abs(sieved.similarities - plain.similarities).max() < 1e-6
    differ = sieved.indices != plain.indices  # only where two candidates are equal but for rounding
    near = np.abs((x[:, None] * y[sieved.indices]).sum(2) - (x[:, None] * y[plain.indices]).sum(2))
    assert differ.mean() < 0.01 and near[differ].max(initial=0) < 1e-6
    if copies:
        assert sieved.indices[0].tolist() == list(range(10))  # ties by the lower index


@pytest.mark.parametrize("noise", [1e-4, 0])
def test_the_sieve_s_bound_holds_for_vectors_that_fill_the_space(noise: float) -> None:
    """And where all candidates are nearly or wholly the same, so that all of them pass."""
    rng = np.random.default_rng(7)
    x = scaled(rng.normal(size=(300, 32)))
    for y in (
        scaled(rng.normal(size=(5000, 32))),
        scaled(x[:1] + noise * rng.normal(size=(5000, 32))),
    ):
        sieved, plain = _sieved(x, y, 5), _plain(x, y, 5, 256)
        assert np.abs(sieved.similarities - plain.similarities).max() < 1e-6


def test_ties_at_the_edge_go_to_the_lower_index() -> None:
    y = scaled(np.array([[1, 0], [0, 1], [1, 0], [1, 0], [0, 1]], float))
    assert nearest(y[:1], y, 2).indices.tolist() == [[0, 2]]
    assert nearest(y[1:2], y, 4).indices.tolist() == [[1, 4, 0, 2]]
