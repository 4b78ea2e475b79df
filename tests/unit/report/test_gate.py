"""What is said about the tests of the gate: rules, adjusted p, power, small suites, overrides."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from alignment.cli.display.console import console
from alignment.cli.display.results import print_accuracy
from alignment.report.accuracy import accuracy_rows, small_suite_line
from alignment.report.html import render_report
from alignment.report.summary import LanguageResult, RuleOutcome, Summary, TrialRecord
from flows.tables import verdict_markdown

SMALL = RuleOutcome(
    name="suite_size",
    passed=True,
    reason="150 pairs are too few to judge",
    numbers={"power": 0.12, "power_pooled": 0.91},
    warning=True,
)
FLOOR = RuleOutcome(name="floor", passed=False, reason="below the floor")


def with_rules(
    summary: Summary, code: str, rules: Sequence[RuleOutcome], pooled_with: Sequence[str] = ()
) -> LanguageResult:
    """The language with what the gate has said about it."""
    language = summary.languages[code]
    changes = {
        "rules": list(rules),
        "pooled_with": list(pooled_with),
        "p_adjusted": 0.25,
        "power": 0.12,
    }
    result = language.suites["heldout"].model_copy(update=changes)
    return language.model_copy(update={"suites": {"heldout": result}})


@pytest.fixture
def judged(summary: Summary) -> Summary:
    languages = {
        "cy": with_rules(summary, "cy", [SMALL]),
        "ga": with_rules(summary, "ga", [FLOOR, SMALL]),
    }
    changes = {
        "languages": languages,
        "trial": TrialRecord(level=0.0076, attempt=2, tests=3),
        "overrides": ["v1 on 2026-01-01 02:00 UTC by ana: <b>Welsh</b> is urgent"],
    }
    return summary.model_copy(update=changes)


def test_rows_have_the_test(judged: Summary) -> None:
    welsh, irish = accuracy_rows(judged, "heldout")
    assert (welsh.p_adjusted, welsh.power) == ("0.25", "12%")
    assert welsh.warnings == ("150 pairs are too few to judge",)
    assert (welsh.failed_rules, irish.failed_rules) == ("", "floor")


def test_the_page_has_the_test(judged: Summary) -> None:
    page = render_report(judged, {}, [], {})
    assert '<td class="n">0.25</td><td class="n">12%</td>' in page
    assert '<span class="fail">✗ fail</span><small>floor</small>' in page
    assert "Holm&#39;s correction for the 3 tests" in page or "Holm's correction for the 3" in page
    assert "Attempt 2 against the base encoder" in page
    assert "Too small: heldout has too few pairs in Welsh to show" in page
    assert "The gate was overridden for v1 on 2026-01-01 02:00 UTC by ana: &lt;b&gt;Welsh" in page


def test_a_run_of_an_earlier_release_is_shown(summary: Summary) -> None:
    row = accuracy_rows(summary, "heldout")[0]
    assert (row.p_adjusted, row.power, row.failed_rules, row.warnings) == ("", "", "", ())
    assert "Too small" not in render_report(summary, {}, [], {})


def test_only_what_passed_is_named_as_too_small(judged: Summary) -> None:
    (small,) = judged.small_suites().values()
    assert list(small) == ["Welsh"]
    assert "so a pass says little there" in small_suite_line("heldout", small)
    assert "- too small: heldout has too few pairs in Welsh" in verdict_markdown(judged)


def test_a_pool_says_what_it_shows(summary: Summary) -> None:
    small = {"Welsh": with_rules(summary, "cy", [SMALL], ["ga"]).suites["heldout"]}
    line = small_suite_line("heldout", small)
    assert line.endswith("in each. Tested together, they show it with probability 91%.")


def test_the_terminal_names_small_suites(judged: Summary) -> None:
    with console.capture() as capture:
        print_accuracy(judged)
    assert "pass (power 12%)" in capture.get()
    assert "Too small: heldout has too few pairs in Welsh" in capture.get()
