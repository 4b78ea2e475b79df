import math

import pytest

from alignment.triplets.guards import highest_similarity


@pytest.mark.parametrize(("positive", "expected"), [(0.8, 0.72), (0.0, 0.0), (-0.5, -0.55)])
def test_a_margin_is_below_the_positive(positive: float, expected: float) -> None:
    assert highest_similarity(positive, 0.1) == pytest.approx(expected)


@pytest.mark.parametrize(("positive", "margin"), [(None, 0.1), (0.8, None), (None, None)])
def test_without_a_guide_all_is_allowed(positive: float | None, margin: float | None) -> None:
    assert highest_similarity(positive, margin) == math.inf
