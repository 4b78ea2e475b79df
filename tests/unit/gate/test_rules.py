import doctest
import sys
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Gate, SuiteFloor
from alignment.config.gate import FloorMetric
from alignment.errors import DataError
from alignment.gate import Earlier, PairedOutcomes, SuiteOutcomes, decide, judge
from alignment.gate.rules import RULES
from alignment.types import (
    EXPORT_RULES,
    FURTHER_RULES,
    Approved,
    Finding,
    Rejected,
    RuleName,
    RuleResult,
)

ASKED = Gate(floor=0.5, min_queries=4)
LARGE = 2000
"""Pairs of a suite that sees a drop of four points."""


def outcomes(reference: str, candidate: str, language: str = "cy") -> SuiteOutcomes:
    """One digit per query, 1 for a right answer; the same in both directions."""
    paired = PairedOutcomes(
        [digit == "1" for digit in reference], [digit == "1" for digit in candidate]
    )
    return SuiteOutcomes(language, "heldout", paired, paired)


def changed(n: int, lost: int, won: int = 0, language: str = "cy") -> SuiteOutcomes:
    """A suite of `n` pairs, 90% right before; so many pairs are lost and won in one direction."""
    right = n - n // 10
    reference = [True] * right + [False] * (n - right)
    candidate = [*reference]
    candidate[:lost] = [False] * lost
    candidate[right : right + won] = [True] * won
    same = PairedOutcomes(reference, reference)
    return SuiteOutcomes(language, "heldout", PairedOutcomes(reference, candidate), same)


def rule(finding: Finding, name: RuleName) -> RuleResult:
    (result,) = [result for result in finding.rules if result.name == name]
    return result


def failed(finding: Finding) -> list[str]:
    return [result.name for result in finding.rules if not result.passed]


def test_better_passes() -> None:
    finding = judge(outcomes("00001111", "11111111"), ASKED, "v1")
    assert finding.passed
    assert finding.reason == "50.0% -> 100.0%, floor 50%, 0 lost, 8 won"
    assert (finding.wins, finding.losses, finding.after.n) == (8, 0, 8)


def test_worse_fails() -> None:
    finding = judge(outcomes("1" * 20, "1" * 12 + "0" * 8), ASKED, "v1")
    assert failed(finding) == ["not_worse"]
    assert finding.reason == (
        "worse than v1 by more than 1 point: 100.0% -> 60.0%, 16 lost, 0 won (p = 0.0039 < 0.03)"
    )
    assert rule(finding, "not_worse").numbers["p"] == pytest.approx(1 / 256)


def test_loss_within_chance_passes() -> None:
    assert judge(outcomes("1" * 20, "1" * 19 + "0"), ASKED, "v1").passed


def test_loss_within_the_margin_passes() -> None:
    suite = changed(LARGE, lost=55, won=10)  # 1.1 points
    assert judge(suite, ASKED, "v1").passed
    strict = judge(suite, Gate(margin=0), "v1")
    assert strict.reason.startswith("worse than v1: 90.0% -> 88.9%")
    assert judge(suite, Gate(margin=0.02), "v1").passed


def test_below_the_floor_fails() -> None:
    finding = judge(outcomes("0000", "1000"), ASKED, "v1")
    assert finding.reason == "accuracy 25.0% is below the floor 50.0%"


def test_every_reason_is_given() -> None:
    finding = judge(outcomes("1" * 20, "1" * 4 + "0" * 16), ASKED, "v1")
    assert failed(finding) == ["floor", "not_worse"]
    assert "below the floor" in finding.reason and "worse than v1" in finding.reason


def test_directions_are_averaged_for_the_floor() -> None:
    right = PairedOutcomes([False] * 4, [True] * 4)
    wrong = PairedOutcomes([False] * 4, [False] * 4)
    finding = judge(SuiteOutcomes("cy", "heldout", right, wrong), ASKED, "v1")
    assert finding.passed
    assert (finding.after.forward, finding.after.backward) == (1.0, 0.0)


def test_the_floor_of_the_interval() -> None:
    suite = outcomes("1" * 40, "1" * 36 + "0" * 4)
    assert judge(suite, Gate(floor=0.85, margin=0.2), "v1").passed
    finding = judge(suite, Gate(floor=0.85, floor_on="lower", margin=0.2), "v1")
    assert finding.reason == (
        "accuracy 90.0% may be as low as 76.9% (95% interval), below the floor 85.0%"
    )
    assert judge(suite, Gate(floor=0.75, floor_on="lower", margin=0.2), "v1").passed


def with_measures(suite: SuiteOutcomes, **measures: float) -> SuiteOutcomes:
    """The same in both directions, but for a tenth more from the pivot."""
    forward = {name: value + 0.1 for name, value in measures.items()}
    return suite._replace(measures={"forward": forward, "backward": measures})


@pytest.mark.parametrize(
    ("metric", "measures", "reason"),
    [
        ("f1", {"f1": 0.7}, "F1 75.0% is below the floor 80.0%"),
        ("mrr", {"mrr": 0.7}, "MRR@10 75.0% is below the floor 80.0%"),
        ("xsim", {"xsim_ratio": 0.2}, "xsim 75.0% is below the floor 80.0%"),
        ("accuracy", {"f1": 1.0}, "accuracy 75.0% is below the floor 80.0%"),
    ],
)
def test_a_floor_of_a_named_measure_on_a_named_suite(
    metric: FloorMetric, measures: dict[str, float], reason: str
) -> None:
    suite = with_measures(outcomes("1" * 40, "1" * 30 + "0" * 10), **measures)
    shared = Gate(floor=0.5, margin=0.4)
    assert judge(suite, shared, "v1").passed
    floors = {"heldout": SuiteFloor(floor=0.8, metric=metric)}
    finding = judge(suite, shared.model_copy(update={"floors": floors}), "v1")
    assert finding.reason == reason
    assert finding.floor == (0.8 if metric == "accuracy" else 0.0)
    assert finding.measures == suite.measures
    elsewhere = shared.model_copy(update={"floors": {"tatoeba": floors["heldout"]}})
    assert judge(suite, elsewhere, "v1").passed


def test_a_passed_floor_of_another_measure_is_named() -> None:
    suite = with_measures(outcomes("1" * 40, "1" * 40), f1=0.8)
    asked = Gate(floors={"heldout": SuiteFloor(floor=0.8, metric="f1")})
    finding = judge(suite, asked, "v1")
    assert finding.reason == "100.0% -> 100.0%, F1 85.0%, floor 80%, 0 lost, 0 won"


def test_the_lower_end_of_another_measure() -> None:
    suite = with_measures(outcomes("1" * 40, "1" * 40), mrr=0.85)
    floor = SuiteFloor(floor=0.85, metric="mrr", floor_on="lower")
    finding = judge(suite, Gate(floors={"heldout": floor}), "v1")
    assert finding.reason == (
        "MRR@10 90.0% may be as low as 76.9% (95% interval), below the floor 85.0%"
    )


@given(st.integers(0, 100))
def test_a_floor_that_is_just_reached(percent: int) -> None:
    suite = outcomes("1" * 40, "1" * 40)
    error = {"xsim_ratio": 1 - percent / 100}
    suite = suite._replace(measures={"forward": error, "backward": error})
    floor = SuiteFloor(floor=percent / 100, metric="xsim")
    assert judge(suite, Gate(floors={"heldout": floor}), "v1").passed


def test_a_measure_that_was_not_made_cannot_be_asked_for() -> None:
    asked = Gate(min_queries=4, floors={"heldout": SuiteFloor(floor=0.8, metric="f1")})
    with pytest.raises(DataError, match="f1, which was not measured on heldout"):
        judge(outcomes("1111", "1111"), asked, "v1")


def test_a_gain_must_be_shown_where_it_is_asked() -> None:
    asked = Gate(min_gain=0.0)
    assert judge(changed(LARGE, lost=10, won=60), asked, "v1").passed
    finding = judge(changed(LARGE, lost=30, won=38), asked, "v1")
    assert failed(finding) == ["gain"]
    assert "not shown to be better than v1: 90.0% -> 90.2%" in finding.reason
    more = judge(changed(LARGE, lost=10, won=60), Gate(min_gain=0.02), "v1")
    assert "not shown to be better than v1 by more than 2 points" in more.reason


def test_vectors_that_are_not_finite_fail() -> None:
    finding = judge(outcomes("1111", "1111")._replace(not_finite=3), ASKED, "v1")
    assert finding.reason == "the vectors of 3 of 4 pairs are NaN or infinite"


def test_a_collapsed_encoder_fails() -> None:
    finding = judge(outcomes("1111", "0000")._replace(tied=8), ASKED, "v1")
    assert failed(finding)[0] == "distinct"
    assert "the encoder has collapsed: for 100% of the queries" in finding.reason


def test_a_suite_that_was_trained_on_fails() -> None:
    finding = judge(outcomes("1111", "1111")._replace(leaked=2), ASKED, "v1")
    assert finding.reason == "trained on 2 sentences of the suite heldout"


class TestSmallSuites:
    def test_they_are_named(self) -> None:
        finding = judge(changed(100, lost=1), Gate(), "v1")
        assert finding.passed
        (warning,) = finding.warnings
        assert warning.startswith("100 pairs are too few to judge: they show a drop of 4 points")
        assert finding.power is not None and finding.power < 0.8
        assert judge(changed(LARGE, lost=1), Gate(), "v1").warnings == []

    def test_they_are_refused(self) -> None:
        finding = judge(changed(100, lost=1), Gate(underpowered="refuse"), "v1")
        assert failed(finding) == ["suite_size"]
        assert judge(changed(LARGE, lost=1), Gate(underpowered="refuse"), "v1").passed

    def test_losses_lower_the_power_and_wins_do_not(self) -> None:
        calm = judge(changed(1000, lost=0), Gate(), "v1").power
        assert judge(changed(1000, lost=0, won=95), Gate(), "v1").power == calm
        restless = judge(changed(1000, lost=95, won=95), Gate(), "v1").power
        assert calm is not None and restless is not None
        assert restless < calm - 0.02

    def test_many_tests_need_larger_suites(self) -> None:
        suites = [changed(600, lost=1, language=str(number)) for number in range(100)]
        rules = {str(number): Gate(power=0.7) for number in range(100)}
        assert judge(suites[0], rules["0"], "v1").warnings == []
        together = decide(suites, rules, "v1")
        assert all(finding.warnings for finding in together.findings)

    def test_they_are_tested_together(self) -> None:
        suites = [changed(150, lost=7, language=str(number)) for number in range(20)]
        alone = decide(suites, dict.fromkeys(map(str, range(20)), Gate()), "v1")
        assert isinstance(alone, Approved)  # 2.3 points each, which 150 pairs do not show
        pool = dict.fromkeys(map(str, range(20)), Gate(underpowered="pool"))
        together = decide(suites, pool, "v1")
        assert isinstance(together, Rejected)
        assert together.trial.tests == 21
        finding = together.findings[0]
        assert finding.pooled_with == tuple(map(str, range(1, 20)))
        assert finding.reason.startswith("0, 1, 2, 3")
        assert "together are worse than v1 by more than 1 point" in finding.reason
        assert rule(finding, "suite_size").reason.endswith(
            "tested together with 19 others, 3,000 pairs show it with 100%"
        )

    def test_others_do_not_hide_what_one_suite_shows(self) -> None:
        suites = [changed(150, lost=40, language="a")]
        suites += [changed(150, lost=0, won=15, language=code) for code in "bcdefgh"]
        verdict = decide(suites, dict.fromkeys("abcdefgh", Gate(underpowered="pool")), "v1")
        assert isinstance(verdict, Rejected)
        assert [finding.language for finding in verdict.failed] == ["a"]

    def test_large_suites_stay_out_of_the_pool(self) -> None:
        suites = [changed(100, 1, language="a"), changed(100, 1, language="b")]
        suites.append(changed(3000, 1, language="c"))
        verdict = decide(suites, dict.fromkeys("abc", Gate(underpowered="pool")), "v1")
        assert [finding.pooled_with for finding in verdict.findings] == [("b",), ("a",), ()]
        assert verdict.trial.tests == 4


class TestManyTests:
    def test_one_language_rejects_all(self) -> None:
        good = outcomes("0000", "1111")
        bad = outcomes("1" * 20, "1" * 11 + "0" * 9, "de")
        by_language = {"cy": ASKED, "de": ASKED}
        verdict = decide([good, bad], by_language, "v1")
        assert isinstance(verdict, Rejected)
        assert [finding.language for finding in verdict.failed] == ["de"]
        assert "(adjusted p = 0.0039 < 0.03)" in verdict.failed[0].reason
        assert isinstance(decide([good], by_language, "v1"), Approved)

    def test_chance_in_one_of_many_languages_passes(self) -> None:
        unlucky = outcomes("1" * 40, "1" * 33 + "0" * 7, "0")  # p = 0.0078
        suites = [outcomes("1" * 40, "1" * 40, str(number)) for number in range(1, 20)]
        rules = dict.fromkeys(map(str, range(20)), Gate(margin=0))
        assert isinstance(decide([unlucky], rules, "v1"), Rejected)
        verdict = decide([unlucky, *suites], rules, "v1")
        assert isinstance(verdict, Approved)
        assert verdict.findings[0].p_adjusted == pytest.approx(20 / 128)

    def test_languages_have_their_own_rules(self) -> None:
        verdict = decide([outcomes("0000", "1110")], {"cy": Gate(floor=0.8, min_queries=4)}, "v1")
        assert isinstance(verdict, Rejected)

    def test_too_few_pairs(self) -> None:
        with pytest.raises(DataError, match="has 3 pairs, but the gate needs 4") as caught:
            judge(outcomes("111", "111"), ASKED, "v1")
        assert caught.value.where == "languages.cy"
        assert "gate.min_queries" in str(caught.value.hint)

    def test_nothing_to_judge(self) -> None:
        with pytest.raises(DataError, match="nothing to judge"):
            decide([], {"cy": ASKED}, "v1")


class TestAttempts:
    REFUSED = frozenset({("cy", "heldout")})

    def test_later_attempts_spend_less(self) -> None:
        rules = {"cy": Gate()}
        suite = changed(LARGE, lost=120, won=20)  # 2.5 points: p = 6.6e-07
        levels = []
        for attempt in (1, 2, 30):
            trial = decide([suite], rules, "v1", Earlier(attempt)).trial
            levels.append(trial.level)
        assert levels == pytest.approx([0.0304, 0.0076, 0.0000338], rel=0.01)

    def test_a_language_that_was_refused_must_show_that_it_is_not_worse(self) -> None:
        rules = {"cy": Gate()}
        suite = changed(200, lost=9, won=1)  # 2 points
        assert isinstance(decide([suite], rules, "v1", Earlier(2)), Approved)
        verdict = decide([suite], rules, "v1", Earlier(2, self.REFUSED))
        assert isinstance(verdict, Rejected)
        (finding,) = verdict.failed
        assert failed(finding) == ["proof"]
        assert finding.reason.startswith(
            "not shown to lose less than 4 points, which attempt 2 against v1 must show"
        )

    def test_a_suite_that_is_too_small_for_a_proof_may_lose_nothing(self) -> None:
        rules = {"cy": Gate(min_queries=1)}
        worse, same = changed(20, lost=1), changed(20, lost=0)
        assert isinstance(decide([worse], rules, "v1", Earlier(2)), Approved)
        verdict = decide([worse], rules, "v1", Earlier(2, self.REFUSED))
        assert isinstance(verdict, Rejected)
        assert verdict.failed[0].reason == (
            "lost more than 1 point, after an earlier model was refused as worse: "
            "90.0% -> 87.5%, 1 lost, 0 won"
        )
        assert isinstance(decide([same], rules, "v1", Earlier(2, self.REFUSED)), Approved)

    def test_a_language_that_is_as_good_can_show_it(self) -> None:
        verdict = decide([changed(LARGE, 20, 20)], {"cy": Gate()}, "v1", Earlier(9, self.REFUSED))
        assert isinstance(verdict, Approved)
        assert "shown to lose less than 4 points" in rule(verdict.findings[0], "proof").reason

    def test_a_large_suite_must_show_it_from_the_second_attempt_on(self) -> None:
        first = decide([changed(LARGE, 20, 20)], {"cy": Gate()}, "v1")
        assert all(result.name != "proof" for result in first.findings[0].rules)
        suite = changed(LARGE, lost=160, won=20)
        later = decide([suite], {"cy": Gate()}, "v1", Earlier(30))
        assert rule(later.findings[0], "proof").passed is False

    def test_it_can_be_switched_off(self) -> None:
        rules = {"cy": Gate(sequential=False)}
        suite = changed(200, lost=9, won=1)
        verdict = decide([suite], rules, "v1", Earlier(7, self.REFUSED))
        assert isinstance(verdict, Approved)
        assert (verdict.trial.level, verdict.trial.attempt) == (0.05, 1)


def test_every_rule_has_a_name_and_a_purpose() -> None:
    names = [rule.__name__ for rule in RULES]
    assert [*names, *FURTHER_RULES, *EXPORT_RULES] == list(get_args(RuleName))
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize("name", ["decide", "flips", "family", "outcomes", "power", "statistics"])
def test_examples_of_the_docstrings(name: str) -> None:
    result = doctest.testmod(sys.modules[f"alignment.gate.{name}"])
    assert result.attempted >= 2
    assert result.failed == 0
