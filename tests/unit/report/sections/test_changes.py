import doctest
from typing import Any

import pytest

from alignment.report.sections import changes as module
from alignment.report.sections.changes import groups, language_changes, with_bars
from alignment.report.summary import Change, RuleOutcome, SuiteResult, Summary
from tests.report_pages import make_run
from tests.unit.report.conftest import language, suite_result

NOT_WORSE = RuleOutcome(name="not_worse", passed=False, reason="worse")
SMALL = RuleOutcome(name="suite_size", passed=True, reason="", numbers={"drop": 0.04}, warning=True)


def changed(before: float, after: float, p: float, p_adjusted: float, **more: Any) -> SuiteResult:
    change = Change(low=-0.1, high=0.2, p=p, p_adjusted=p_adjusted)
    result = suite_result(before, after, passed=True)
    return result.model_copy(update={"change": change, **more})


def with_results(summary: Summary, *results: SuiteResult) -> Summary:
    languages = {
        code: language(name, result)
        for (code, name), result in zip(
            {"cy": "Welsh", "ga": "Irish", "de": "German"}.items(), results, strict=False
        )
    }
    return summary.model_copy(update={"languages": languages})


def test_examples() -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("result", "direction", "sure"),
    [
        (changed(0.5, 0.6, 0.0001, 0.0003), "better", "almost certain"),
        (changed(0.5, 0.6, 0.01, 0.03), "better", "clear"),
        (changed(0.6, 0.5, 0.01, 0.03), "worse", "clear"),
        (changed(0.5, 0.6, 0.03, 0.3), "same", "possible"),
        (changed(0.5, 0.6, 0.3, 1.0), "same", "not shown"),
        (changed(0.6, 0.5, 0.3, 1.0, rules=[NOT_WORSE], passed=False), "worse", "clear"),
        (suite_result(0.5, 0.6, passed=True), "same", "not tested"),
    ],
)
def test_how_sure(summary: Summary, result: SuiteResult, direction: str, sure: str) -> None:
    (change,) = language_changes(with_results(summary, result), "heldout")
    assert (change.direction, change.sure) == (direction, sure)


def test_a_suite_that_is_too_small_says_what_it_cannot_show(summary: Summary) -> None:
    small = changed(0.5, 0.51, 0.5, 1.0, rules=[SMALL], power=0.12)
    (change,) = language_changes(with_results(summary, small), "heldout")
    assert change.too_small == "too small to see a loss of 4 points"


def test_a_suite_that_shows_a_change_is_not_called_too_small(summary: Summary) -> None:
    small = changed(0.5, 0.6, 0.001, 0.01, rules=[SMALL], power=0.12)
    (change,) = language_changes(with_results(summary, small), "heldout")
    assert change.too_small == ""


def test_the_worst_comes_first_and_of_the_better_ones_the_best(summary: Summary) -> None:
    results = [
        changed(0.5, 0.6, 1e-5, 1e-4),
        changed(0.5, 0.4, 1e-5, 1e-4),
        changed(0.5, 0.9, 1e-5, 1e-4),
    ]
    changes = language_changes(with_results(summary, *results), "heldout")
    assert [change.name for change in changes] == ["Irish", "Welsh", "German"]
    worse, better, same = groups(changes)
    assert [change.name for change in worse.changes] == ["Irish"]
    assert [change.name for change in better.changes] == ["German", "Welsh"]
    assert not same.changes


def test_every_language_is_in_one_group() -> None:
    summary = make_run(30).summary
    changes = language_changes(summary, "heldout")
    members = [change.code for group in groups(changes) for change in group.changes]
    assert sorted(members) == sorted(summary.languages)
    assert all(group.changes for group in groups(changes))


def test_charts_are_drawn_where_there_is_an_interval(summary: Summary) -> None:
    results = [changed(0.5, 0.6, 0.01, 0.03), suite_result(0.5, 0.6, passed=True)]
    changes = with_bars(language_changes(with_results(summary, *results), "heldout"))
    assert [change.bar is None for change in changes] == [True, False]
