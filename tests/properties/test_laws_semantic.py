"""Laws of the semantic filter, for scores of any kind."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alignment.checks.noise_share import SEPARATED, learn

VALUES = st.floats(-50, 0, width=32)
SCORES = st.lists(VALUES, min_size=1, max_size=30)


def repeated(values: list[float]) -> NDArray[np.float32]:
    """Enough scores to learn from, many of them equal."""
    return np.tile(np.array(values, np.float32), 100)


@given(SCORES, SCORES)
def test_probabilities(scores: list[float], mismatched: list[float]) -> None:
    pairs = repeated(scores)
    learned = learn(pairs, repeated(mismatched))
    ordered = np.sort(pairs)
    probabilities = learned.probability(ordered)
    assert np.isfinite(probabilities).all()
    assert (np.diff(probabilities) >= 0).all()
    assert 0 <= probabilities.min() <= probabilities.max() <= 1
    assert 0 <= learned.noise <= 1


@given(SCORES, SCORES)
def test_no_more_is_dropped_than_is_noise(scores: list[float], mismatched: list[float]) -> None:
    pairs = repeated(scores)
    learned = learn(pairs, repeated(mismatched))
    if learned.threshold is None:
        return
    assert learned.separation >= SEPARATED
    dropped = (pairs < np.float32(learned.threshold)).sum()
    assert dropped <= round(learned.noise * len(pairs))
    assert dropped <= len(pairs) / 2  # the median pair is never dropped


@given(SCORES, SCORES, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(scores: list[float], mismatched: list[float], random) -> None:  # type: ignore[no-untyped-def]
    pairs, null = repeated(scores), repeated(mismatched)
    order = list(range(len(pairs)))
    random.shuffle(order)
    learned = learn(pairs, null)
    shuffled = learn(pairs[order], null[::-1])
    assert shuffled.threshold == learned.threshold
    assert np.array_equal(shuffled.probability(pairs), learned.probability(pairs))


@given(SCORES, SCORES, VALUES)
def test_one_more_bad_pair_never_means_less_noise(
    scores: list[float], mismatched: list[float], low: float
) -> None:
    pairs, null = repeated(scores), repeated(mismatched)
    before = learn(pairs, null)
    after = learn(np.append(pairs, np.float32(min(low, null.min()))), null)
    if before.is_separated and after.is_separated:
        assert after.noise >= before.noise
