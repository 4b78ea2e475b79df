import pytest

from alignment.gate import holm, spent


def naive_holm(p_values: list[float], alpha: float) -> list[bool]:
    """Step by step, as in Holm (1979)."""
    refused = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(order):
        if p_values[place] >= alpha / (len(p_values) - rank):
            break
        refused[place] = True
    return refused


@pytest.mark.parametrize(
    "p_values", [[0.01], [0.01, 0.04, 0.03], [0.2, 0.001, 0.012, 0.013, 0.5], [0.0, 0.0, 1.0]]
)
def test_adjusted_values_refuse_what_holm_refuses(p_values: list[float]) -> None:
    for alpha in (0.001, 0.02, 0.05, 0.3):
        assert [p < alpha for p in holm(p_values)] == naive_holm(p_values, alpha)


def test_adjusted_values_stay_in_order() -> None:
    assert holm([0.9, 0.8, 0.001]) == [1.0, 1.0, 0.003]
    assert holm([]) == []


def test_all_attempts_together_spend_alpha() -> None:
    levels = [spent(0.05, attempt) for attempt in range(1, 100_000)]
    assert levels == sorted(levels, reverse=True)
    assert sum(levels) == pytest.approx(0.05, rel=1e-4)
    assert sum(levels) < 0.05
