import doctest

import numpy as np
import pytest

from alignment.retrieval import bootstrap
from alignment.retrieval.bootstrap import paired_bootstrap


def test_examples() -> None:
    result = doctest.testmod(bootstrap)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_interval_has_the_width_of_the_standard_error() -> None:
    rng = np.random.default_rng(0)
    before = [rng.integers(0, 2, 400).astype(float) for _ in range(4)]
    after = [rng.integers(0, 2, 400).astype(float) for _ in range(4)]
    interval = paired_bootstrap(before, after)
    variances = [np.var(b - a) / 400 for a, b in zip(before, after, strict=True)]
    error = np.sqrt(sum(variances)) / 4
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert interval.low < interval.estimate < interval.high


def test_equal_encoders_differ_by_nothing() -> None:
    scores = [np.array([0.0, 0.5, 1.0])]
    assert paired_bootstrap(scores, scores) == (0, 0, 0)


def test_the_same_seed_gives_the_same_interval() -> None:
    rng = np.random.default_rng(0)
    before = [rng.random(50)]
    after = [rng.random(50)]
    assert paired_bootstrap(before, after, seed=3) == paired_bootstrap(before, after, seed=3)
    assert paired_bootstrap(before, after, seed=3) != paired_bootstrap(before, after, seed=4)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([], [], "no language"),
        ([np.zeros(0)], [np.zeros(0)], "got 0 and 0"),
        ([np.zeros(3)], [np.zeros(2)], "got 3 and 2"),
    ],
)
def test_bad_input(before: list[object], after: list[object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paired_bootstrap(before, after)  # type: ignore[arg-type]
