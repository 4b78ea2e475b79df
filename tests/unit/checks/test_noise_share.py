import numpy as np
import pytest

from alignment.checks.noise_share import Learned, learn

GOOD, BAD = -1.0, -8.0


def normal(center: float, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (center + rng.standard_normal(n)).astype(np.float32)


def mixture(noise: float, n: int = 2000) -> np.ndarray:
    bad = round(noise * n)
    return np.concatenate([normal(GOOD, n - bad, 1), normal(BAD, bad, 2)])


NULL = normal(BAD, 6000, 3)


@pytest.mark.parametrize("noise", [0.1, 0.2, 0.4])
def test_the_share_of_noise(noise: float) -> None:
    scores = mixture(noise)
    learned = learn(scores, NULL)
    assert learned.is_separated
    assert learned.noise == pytest.approx(noise, abs=0.03)
    assert learned.threshold is not None
    assert BAD + 1.5 < learned.threshold < GOOD - 1.5
    assert (scores < np.float32(learned.threshold)).sum() == round(learned.noise * len(scores))
    probabilities = learned.probability(scores)
    assert probabilities[: round((1 - noise) * len(scores))].mean() > 0.98
    assert probabilities[round((1 - noise) * len(scores)) :].mean() < 0.05


def test_nothing_is_dropped_from_a_clean_corpus() -> None:
    learned = learn(mixture(0.0), NULL)
    assert learned.noise == 0
    assert learned.threshold is None
    assert (learned.probability(mixture(0.0)) == 1).all()


def test_an_encoder_that_does_not_know_the_language() -> None:
    learned = learn(normal(BAD, 2000, 4), NULL)
    assert learned.separation == pytest.approx(0.5, abs=0.05)
    assert not learned.is_separated
    assert learned.threshold is None


def test_too_few_pairs() -> None:
    assert learn(mixture(0.2, 99), NULL) == Learned.nothing()
    assert learn(mixture(0.2), NULL[:99]) == Learned.nothing()


def test_probabilities_do_not_fall_with_the_score() -> None:
    learned = learn(mixture(0.3), NULL)
    assert (np.diff(learned.probabilities) >= 0).all()
    assert (np.diff(learned.knots) > 0).all()
    assert 0 <= learned.probabilities.min() <= learned.probabilities.max() <= 1
    extremes = learned.probability(np.array([-1e9, 1e9], np.float32))
    assert extremes.tolist() == [learned.probabilities[0], learned.probabilities[-1]]


def test_equal_scores_have_equal_probabilities() -> None:
    """A step between equal values would depend on their order."""
    scores = np.round(mixture(0.3))
    learned = learn(scores, np.round(NULL))
    assert set(learned.knots) <= set(np.round(mixture(0.3))) | set(np.round(NULL))


def test_equal_scores_at_the_threshold_are_kept() -> None:
    scores = np.concatenate([np.full(30, -9.0), np.full(970, -1.0)]).astype(np.float32)
    learned = learn(scores, np.full(500, -9.0, np.float32))
    assert learned.noise == pytest.approx(0.06)
    assert learned.threshold == -1.0
