"""The gate's rules on further measurements."""

from __future__ import annotations

import doctest
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Gate, PoolRule, RetrievalRule
from alignment.gate import Earlier, Further, PairedOutcomes, SuiteOutcomes, decide, p_lost
from alignment.gate import further as module
from alignment.gate.flips import p_worse
from alignment.gate.outcomes import Changes
from alignment.types import Approved, Rejected, RuleResult, Verdict

SCORES = st.lists(st.sampled_from([0.0, 0.13, 0.5, 0.63, 1.0]), min_size=1, max_size=8)
N = 400


def suite(*further: Further, language: str = "cy") -> SuiteOutcomes:
    """A language that nothing changed for, with further measurements."""
    same = PairedOutcomes([True] * 360 + [False] * 40, [True] * 360 + [False] * 40)
    return SuiteOutcomes(language, "heldout", same, same, further=further)


def pool(lost: int, rule: str = "hard_pool", n: int = N) -> Further:
    reference = [1.0] * (n // 2) + [0.0] * (n // 2)
    candidate = [0.0] * lost + reference[lost:]
    metric = "ndcg@10" if rule == "retrieval" else ""
    name = "miracl" if rule == "retrieval" else "heldout"
    return Further(rule, name, reference, candidate, metric)  # type: ignore[arg-type]


def result(verdict: Verdict, name: str) -> RuleResult:
    (rule,) = [rule for rule in verdict.findings[0].rules if rule.name == name]
    return rule


def test_examples() -> None:
    tested = doctest.testmod(module)
    assert tested.attempted > 0
    assert tested.failed == 0


@given(SCORES, st.integers(0, 100), st.data())
def test_the_p_value_is_exact(before: list[float], allowed: int, data: st.DataObject) -> None:
    """Beside the sum over all signs."""
    after = data.draw(st.lists(st.sampled_from(before), min_size=len(before), max_size=len(before)))
    differences = [
        round(100 * old) - round(100 * new) for old, new in zip(before, after, strict=True)
    ]
    threshold = sum(differences) - allowed
    sums = [
        sum(sign * abs(size) for sign, size in zip(signs, differences, strict=True))
        for signs in itertools.product((-1, 1), repeat=len(differences))
    ]
    expected = np.mean([total >= threshold for total in sums])
    assert p_lost(before, after, allowed) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_right_and_wrong_gives_the_gate_s_test(lost: int, won: int, allowed: int) -> None:
    before = [1.0] * lost + [0.0] * won + [1.0]
    after = [0.0] * lost + [1.0] * won + [1.0]
    expected = p_worse(Changes(lost=lost, won=won), allowed)
    assert p_lost(before, after, 100 * allowed) == pytest.approx(expected, abs=1e-9)


@given(SCORES, st.data())
def test_a_better_score_never_lowers_the_p_value(before: list[float], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.sampled_from(before), min_size=len(before), max_size=len(before)))
    place = data.draw(st.integers(0, len(before) - 1))
    better = [*after]
    better[place] = 1.0
    assert p_lost(before, better, 10) >= p_lost(before, after, 10) - 1e-9


def test_nothing_is_asked_by_default() -> None:
    verdict = decide([suite(pool(100))], {"cy": Gate()}, "v1")
    assert isinstance(verdict, Approved)
    assert "hard_pool" not in [rule.name for rule in verdict.findings[0].rules]
    assert verdict.trial.tests == 1


@pytest.mark.parametrize("rule", ["mixed_pool", "hard_pool", "retrieval"])
def test_worse_by_more_than_the_margin(rule: str) -> None:
    asked = {"retrieval": RetrievalRule(margin=0.02)} if rule == "retrieval" else {}
    gate = Gate.model_validate({rule: asked.get(rule, PoolRule(margin=0.02))})
    fine = decide([suite(pool(8, rule))], {"cy": gate}, "v1")
    assert isinstance(fine, Approved)
    verdict = decide([suite(pool(40, rule))], {"cy": gate}, "v1")
    assert isinstance(verdict, Rejected)
    reason = result(verdict, rule).reason
    assert "worse than v1 by more than 2 points: 50.0% -> 40.0% (adjusted p = " in reason
    assert reason.startswith("nDCG@10 on miracl" if rule == "retrieval" else "accuracy in the")
    assert reason in verdict.failed[0].reason
    assert verdict.trial.tests == 2


def test_a_retrieval_suite_that_was_trained_on() -> None:
    leaked = pool(0, "retrieval")._replace(leaked=3)
    gate = Gate(retrieval=RetrievalRule(), detect=0.2)
    verdict = decide([suite(leaked)], {"cy": gate}, "v1")
    assert isinstance(verdict, Rejected)
    rule = result(verdict, "retrieval")
    assert rule.reason == "trained on 3 queries of the suite miracl"
    assert rule.numbers["leaked"] == 3
    assert isinstance(decide([suite(leaked)], {"cy": Gate()}, "v1"), Approved)


def test_below_the_floor() -> None:
    gate = Gate(hard_pool=PoolRule(floor=0.6), detect=0.2)
    verdict = decide([suite(pool(0))], {"cy": gate}, "v1")
    assert isinstance(verdict, Rejected)
    rule = result(verdict, "hard_pool")
    assert rule.reason == "accuracy in the hard pool 50.0% is below the floor 60.0%"
    assert rule.numbers["after"] == 0.5


def test_passing_says_what_was_measured() -> None:
    gate = Gate(hard_pool=PoolRule(floor=0.4), detect=0.2)
    rule = result(decide([suite(pool(0))], {"cy": gate}, "v1"), "hard_pool")
    assert rule.reason == "accuracy in the hard pool 50.0% -> 50.0%, floor 40%"
    assert not rule.warning


class TestTooFewQueries:
    """Four points cannot be seen with 400 queries at an accuracy of 50%."""

    @pytest.mark.parametrize("underpowered", ["warn", "pool"])
    def test_they_are_named(self, underpowered: str) -> None:
        gate = Gate.model_validate({"hard_pool": {}, "underpowered": underpowered})
        verdict = decide([suite(pool(0))], {"cy": gate}, "v1")
        assert isinstance(verdict, Approved)
        rule = result(verdict, "hard_pool")
        assert rule.warning
        assert "400 queries are too few to judge: they show a drop of 4 points" in rule.reason
        assert rule.reason in verdict.findings[0].warnings
        assert 0 < rule.numbers["power"] < gate.power

    def test_they_are_refused(self) -> None:
        gate = Gate(hard_pool=PoolRule(), underpowered="refuse", power=0.5)
        assert isinstance(decide([suite()], {"cy": gate}, "v1"), Approved)
        verdict = decide([suite(pool(0))], {"cy": gate}, "v1")
        assert isinstance(verdict, Rejected)
        rule = result(verdict, "hard_pool")
        assert "too few to judge" in rule.reason
        assert rule.reason in verdict.failed[0].reason

    def test_a_loss_that_is_seen_is_the_first_reason(self) -> None:
        gate = Gate(hard_pool=PoolRule(floor=0.9), underpowered="refuse")
        verdict = decide([suite(pool(0))], {"cy": gate}, "v1")
        reason = result(verdict, "hard_pool").reason
        assert reason.startswith("accuracy in the hard pool 50.0% is below the floor 90.0%; 400")

    @given(st.integers(0, 200), st.integers(0, 200))
    def test_the_power_is_that_of_the_reference(self, lost: int, also_lost: int) -> None:
        gate = Gate(hard_pool=PoolRule())
        powers = set()
        for losses in (lost, also_lost):
            verdict = decide([suite(pool(losses))], {"cy": gate}, "v1")
            powers.add(result(verdict, "hard_pool").numbers["power"])
        assert len(powers) == 1


def test_scores_that_are_not_finite_are_zero() -> None:
    broken = pool(0)._replace(candidate=[float("nan")] * N)
    verdict = decide([suite(broken)], {"cy": Gate(hard_pool=PoolRule())}, "v1")
    assert isinstance(verdict, Rejected)


def test_all_tests_are_one_family() -> None:
    gate = Gate(hard_pool=PoolRule(margin=0))
    suites = [suite(pool(6), language=code) for code in ("cy", "fi", "ga")]
    one = decide(suites[:1], {"cy": gate}, "v1")
    three = decide(suites, dict.fromkeys(("cy", "fi", "ga"), gate), "v1")
    assert one.trial.tests == 2
    assert three.trial.tests == 6
    single = result(one, "hard_pool").numbers
    shared = result(three, "hard_pool").numbers
    assert shared["p"] == single["p"]
    assert shared["p_adjusted"] > single["p_adjusted"]


def test_after_a_refusal_no_loss_beyond_the_margin_may_be_seen() -> None:
    gate = Gate(hard_pool=PoolRule(margin=0.01))
    suites = [suite(pool(6))]
    assert isinstance(decide(suites, {"cy": gate}, "v1", Earlier(2)), Approved)
    refused = Earlier(2, frozenset({("cy", "heldout:hard_pool")}))
    verdict = decide(suites, {"cy": gate}, "v1", refused)
    assert isinstance(verdict, Rejected)
    assert "lost more than 1 points, after an earlier model" in result(verdict, "hard_pool").reason
    within = [suite(pool(4))]
    assert isinstance(decide(within, {"cy": gate}, "v1", refused), Approved)


def test_scores_must_be_paired() -> None:
    with pytest.raises(ValueError, match="got 2 and 1"):
        p_lost([1.0, 1.0], [1.0], 0)
