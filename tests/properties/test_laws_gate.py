"""Laws of the gate: one more right answer never refuses a model, whatever the rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.config import Gate
from alignment.gate import (
    Changes,
    Earlier,
    PairedOutcomes,
    SuiteOutcomes,
    count_changes,
    decide,
    holm,
    p_as_bad,
    p_no_better,
    p_worse,
)
from alignment.gate.flips import flip_tail
from alignment.gate.record import verdict_from_json, verdict_to_json

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
BITS = st.lists(st.integers(0, 15), min_size=4, max_size=60)
"""Of each pair, whether the reference and the candidate are right, in both directions."""
RULES = st.builds(
    Gate,
    floor=st.sampled_from([0.0, 0.4, 0.8]),
    floor_on=st.sampled_from(["point", "lower"]),
    margin=st.sampled_from([0.0, 0.01, 0.1]),
    alpha=st.sampled_from([0.05, 0.5]),
    min_gain=st.sampled_from([None, 0.0, 0.05]),
    detect=st.sampled_from([0.03, 0.2, 1.0]),
    power=st.sampled_from([0.1, 0.8]),
    underpowered=st.sampled_from(["warn", "refuse", "pool"]),
    sequential=st.booleans(),
    min_queries=st.just(1),
)


def suite(language: str, bits: list[int]) -> SuiteOutcomes:
    def column(bit: int) -> list[bool]:
        return [bool(value >> bit & 1) for value in bits]

    forward = PairedOutcomes(column(0), column(1))
    backward = PairedOutcomes(column(2), column(3))
    return SuiteOutcomes(language, "heldout", forward, backward)


@settings(max_examples=300)
@given(st.lists(BITS, min_size=1, max_size=5), RULES, st.integers(1, 4), st.data())
def test_one_more_right_answer_refuses_nobody(
    languages: list[list[int]], rules: Gate, attempt: int, data: st.DataObject
) -> None:
    by_language = {str(number): rules for number in range(len(languages))}
    refused = data.draw(st.sets(st.sampled_from(sorted(by_language))))
    earlier = Earlier(attempt, frozenset((code, "heldout") for code in refused))
    place = data.draw(st.integers(0, len(languages) - 1))
    row = data.draw(st.integers(0, len(languages[place]) - 1))
    better = [[*bits] for bits in languages]
    better[place][row] |= data.draw(st.sampled_from([2, 8]))

    def passed(answers: list[list[int]]) -> list[bool]:
        suites = [suite(str(number), bits) for number, bits in enumerate(answers)]
        return [one.passed for one in decide(suites, by_language, "v1", earlier).findings]

    for before, after in zip(passed(languages), passed(better), strict=True):
        assert after or not before


@given(BITS, st.floats(0, 5), st.data())
def test_one_more_right_answer_moves_each_p_value_one_way(
    bits: list[int], queries: float, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, len(bits) - 1))
    better = [*bits]
    better[row] |= data.draw(st.sampled_from([2, 8]))
    before = count_changes(suite("x", bits))
    after = count_changes(suite("x", better))
    assert p_worse(after, queries) >= p_worse(before, queries)
    assert p_as_bad(after, queries, len(bits)) <= p_as_bad(before, queries, len(bits))
    assert p_no_better(after, queries) <= p_no_better(before, queries)


@given(st.lists(st.floats(0, 1), max_size=30), st.data())
def test_holm_is_monotone_and_no_laxer_than_each_test(
    p_values: list[float], data: st.DataObject
) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    if p_values:
        place = data.draw(st.integers(0, len(p_values) - 1))
        raised = [*p_values]
        raised[place] = data.draw(st.floats(p_values[place], 1))
        for before, after in zip(adjusted, holm(raised), strict=True):
            assert after >= before


@given(st.integers(0, 12), st.integers(0, 12), st.integers(-40, 40))
def test_the_tail_is_that_of_two_binomials(ones: int, twos: int, threshold: int) -> None:
    of_ones = np.poly1d([0.5, 0.5]) ** ones  # coefficients are probabilities
    of_twos = np.poly1d([0.5, 0, 0.5]) ** twos
    density = np.atleast_1d((of_ones * of_twos).coeffs)
    sums = 2 * np.arange(len(density)) - ones - 2 * twos
    expected = density[::-1][sums >= threshold].sum()
    assert flip_tail(Changes(lost=ones, won_twice=twos), threshold) == pytest.approx(expected)


@given(st.lists(BITS, min_size=1, max_size=3), RULES)
def test_a_verdict_survives_json(languages: list[list[int]], rules: Gate) -> None:
    suites = [suite(str(number), bits) for number, bits in enumerate(languages)]
    by_language = {str(number): rules for number in range(len(languages))}
    verdict = decide(suites, by_language, "v1")
    assert verdict_from_json(verdict_to_json(verdict)) == verdict
