import functools

import numpy as np
import pytest

from alignment.gate import Changes, p_as_bad, p_lost, p_worse
from alignment.gate.power import (
    AGREEMENT,
    LIKELY,
    SURE,
    design,
    pooled,
    power,
    power_of_scores,
    provable_level,
)


@pytest.mark.parametrize(("pairs", "accuracy"), [(400, 0.95), (1000, 0.9), (1500, 0.8)])
def test_power_is_near_what_a_simulation_refuses(pairs: int, accuracy: float) -> None:
    """Single changes only; the formula expects a quarter more spread, so it is a little low."""
    generator = np.random.default_rng(pairs)
    churn = 2 * accuracy * (1 - accuracy) * (1 - AGREEMENT) * 2 * pairs
    drop = 0.04 * 2 * pairs
    won = generator.poisson(churn / 2, 400)
    lost = generator.poisson(churn / 2 + drop, 400)
    level = 0.002
    refused = np.mean(
        [
            p_worse(Changes(lost=losses, won=wins), 0.01 * 2 * pairs) < level
            for losses, wins in zip(lost, won, strict=True)
        ]
    )
    formula = power(design(pairs, accuracy, 0.01, 0.03), level)
    assert formula - 0.05 < refused < formula + 0.25


@pytest.mark.parametrize(("queries", "mean"), [(1000, 0.9), (3000, 0.6)])
def test_power_of_scores_is_near_what_a_simulation_refuses(queries: int, mean: float) -> None:
    generator = np.random.default_rng(queries)
    churn = 2 * mean * (1 - mean) * (1 - AGREEMENT) * queries
    level = 0.005
    refused = []
    for _ in range(300):
        won = int(generator.poisson(churn / 2))
        lost = int(generator.poisson(churn / 2 + 0.04 * queries))
        right = round(mean * queries)
        reference = [1.0] * right + [0.0] * (queries - right)
        candidate = [*reference]
        candidate[:lost] = [0.0] * lost
        candidate[right : right + won] = [1.0] * won
        refused.append(p_lost(reference, candidate, 0.01 * 100 * queries) < level)
    formula = power_of_scores(queries, mean, margin=0.01, detect=0.03, level=level)
    assert 0.3 < formula < 0.999
    assert formula == pytest.approx(np.mean(refused), abs=0.1)


def test_power_grows_with_the_suite() -> None:
    powers = [power(design(n, 0.9, 0.01, 0.03), 0.001) for n in (30, 100, 500, 1000, 5000)]
    assert powers == sorted(powers)
    assert powers[0] < 0.1 < 0.99 < powers[-1]


def test_power_falls_with_what_has_changed() -> None:
    calm = design(1000, 0.9, 0.01, 0.03)
    restless = calm._replace(churn=10 * calm.churn)
    assert power(restless, 0.001) < power(calm, 0.001) - 0.3


def test_a_reference_that_is_always_right_still_needs_pairs() -> None:
    assert power(design(30, 1.0, 0.01, 0.03), 0.001) < 0.2
    assert power(design(0, 1.0, 0.01, 0.03), 0.001) == 0.0


def test_suites_that_are_too_small_see_more_together() -> None:
    small = design(200, 0.9, 0.01, 0.03)
    together = functools.reduce(pooled, [small] * 10)
    assert power(together, 0.001) > 0.8 > 0.3 > power(small, 0.001)


def test_what_can_be_proved_depends_on_the_suite() -> None:
    levels = [provable_level(design(n, 0.9, 0.01, 0.03), SURE) for n in (100, 500, 1000, 3000)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] > 0.5
    assert levels[-1] < 1e-6
    assert provable_level(design(100, 0.9, 0.01, 0.03), LIKELY) < levels[0]


@pytest.mark.parametrize("pairs", [1, 24, 40, 400])
def test_a_model_that_changes_nothing_can_give_every_proof(pairs: int) -> None:
    for clear_by in (LIKELY, SURE):
        level = provable_level(design(pairs, 1.0, 0.01, 0.03), clear_by)
        assert p_as_bad(Changes(), 0.04 * 2 * pairs, pairs) < level
