"""Which encoders are behind the best one: against the definition, and its error rate."""

from __future__ import annotations

import itertools
import random

import pytest

from alignment.gate import behind_best, p_lost

BEST = [1.0] * 20
WORSE = [1.0] * 8 + [0.0] * 12


def by_all_signs(reference: list[float], candidate: list[float], margin: float) -> float:
    """The p-value by every way to swap the two encoders, pair by pair."""
    losses = [before - after for before, after in zip(reference, candidate, strict=True)]
    asked = sum(losses) - margin * len(losses)
    sums = []
    for signs in itertools.product((1, -1), repeat=len(losses)):
        sums.append(sum(sign * abs(loss) for sign, loss in zip(signs, losses, strict=True)))
    return sum(total >= asked - 1e-9 for total in sums) / len(sums)


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.25])
def test_two_encoders_are_the_exact_test_for_either_to_be_the_best(margin: float) -> None:
    best = [1.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 0.0]
    other = [0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5]
    (behind,) = behind_best({"a": other, "b": best}, margin=margin).values()
    assert behind.best == "b"
    assert behind.gap == pytest.approx(4.5 / 8)
    assert behind.p == pytest.approx(min(1.0, 2 * by_all_signs(best, other, margin)))


def test_more_encoders_cost_power() -> None:
    """Holm over the others, and one of all of them was chosen as the best."""
    one = p_lost(BEST, WORSE, 0)
    behind = behind_best({"a": BEST, "b": WORSE, "c": WORSE, "d": BEST})
    assert list(behind) == ["b", "c", "d"]
    assert behind["b"].p == pytest.approx(4 * 3 * one)
    assert behind["c"].p == behind["b"].p
    assert behind["d"] == ("a", 0.0, 1.0)


def test_within_the_margin_is_not_behind() -> None:
    assert behind_best({"a": BEST, "b": WORSE}, margin=0.6)["b"].p == 1.0
    assert behind_best({"a": BEST, "b": WORSE}, margin=0.1)["b"].p < 0.01


def test_one_encoder_is_behind_nothing() -> None:
    assert behind_best({"a": WORSE}) == {}


def test_different_numbers_of_scores() -> None:
    with pytest.raises(ValueError, match="20 and 19"):
        behind_best({"a": BEST, "b": WORSE[:19]})


def test_equal_encoders_are_seldom_called_behind() -> None:
    """The best of eight equal ones is picked by the same pairs, which must cost nothing."""
    draw = random.Random(3)
    wrong = 0
    for _ in range(100):
        scores = {}
        for name in "abcdefgh":
            scores[name] = [float(draw.random() < 0.7) for _ in range(120)]
        wrong += any(behind.p < 0.05 for behind in behind_best(scores).values())
    assert wrong <= 10
