from typing import Any, get_args

import pytest

from alignment.report.sections.headline import ADVICE, ROWS, headline
from alignment.report.summary import Deployment, RuleOutcome, Summary
from alignment.verdicts import RuleName
from tests.report_pages import make_run


def approved(summary: Summary, **changes: Any) -> Summary:
    values = {"verdict": "approved", "version": "v2", "champion": "v2", "reference": "v1"}
    return summary.model_copy(update={**values, **changes})


def test_a_rejection_says_why_and_what_to_do(summary: Summary) -> None:
    irish = summary.languages["ga"]
    floor = RuleOutcome(name="floor", passed=False, reason="below the floor")
    result = irish.suites["heldout"].model_copy(update={"rules": [floor]})
    changed = irish.model_copy(update={"suites": {"heldout": result}})
    rejected = summary.model_copy(update={"languages": {**summary.languages, "ga": changed}})
    first = headline(rejected)
    assert first.word == "Rejected"
    assert first.deployed == (
        "1 of 3 checks failed, so nothing was deployed. Version v1 stays deployed."
    )
    assert [(stop.name, stop.reason) for stop in first.stops] == [("Irish", "below the floor")]
    assert first.advice[0] == f"Irish: {ADVICE['floor']}"
    assert "alignment gate replay" in first.advice[-1]


def test_nobody_is_told_that_a_leaked_suite_was_not_trained_on(summary: Summary) -> None:
    assert headline(summary).compared.endswith("none of which it was trained on.")
    leaked = RuleOutcome(name="contamination", passed=False, reason="trained on 1 sentence")
    irish = summary.languages["ga"]
    result = irish.suites["heldout"].model_copy(update={"rules": [leaked]})
    changed = irish.model_copy(update={"suites": {"heldout": result}})
    contaminated = summary.model_copy(update={"languages": {"ga": changed}})
    assert "It was trained on some of them" in headline(contaminated).compared


def test_a_further_test_with_too_few_queries_is_a_warning(summary: Summary) -> None:
    rule = RuleOutcome(name="retrieval", passed=True, reason="4 queries", warning=True)
    welsh = summary.languages["cy"]
    result = welsh.suites["heldout"].model_copy(update={"rules": [rule]})
    changed = welsh.model_copy(update={"suites": {"heldout": result}})
    small = summary.model_copy(update={"languages": {**summary.languages, "cy": changed}})
    assert headline(summary).warnings == []
    assert headline(small).warnings == [
        "the retrieval test has too few queries in Welsh to show the drop of gate.detect, so a "
        "pass says little there."
    ]


def test_every_rule_has_advice() -> None:
    assert set(get_args(RuleName)) <= set(ADVICE)


@pytest.mark.parametrize(
    ("changes", "sentence", "advice"),
    [
        ({}, "Version v2 is deployed.", "Nothing: it is in use."),
        (
            {"champion": "v1"},
            "Version v2 is published but not deployed: it was rolled back earlier, or `deploy` is "
            "false.",
            "To deploy it: `alignment registry promote demo v2`.",
        ),
        (
            {"history": [Deployment(time="", action="publish", version="v2", previous="v1")]},
            "Version v2 is deployed.",
            "Nothing: it is in use. `alignment rollback demo` goes back to v1.",
        ),
    ],
    ids=["deployed", "rolled back before", "replaced another"],
)
def test_an_approval(summary: Summary, changes: dict[str, Any], sentence: str, advice: str) -> None:
    first = headline(approved(summary, **changes))
    assert first.deployed == f"Every language passed the gate. {sentence}"
    assert first.advice == [advice]


def test_the_meaning_needs_no_statistics(summary: Summary) -> None:
    first = headline(summary)
    assert first.meaning == [
        "The new encoder finds the right translation first in 70.0 of 100 searches, the base "
        "encoder in 30.0. That is 40.0 points more, as the mean of the 2 trained languages on the "
        "suite heldout.",
        "0 languages are better, 0 worse, 3 without a clear change.",
    ]


def test_the_mean_change_has_an_interval() -> None:
    sentence = headline(make_run(14).summary).meaning[0]
    assert ", 95% interval), as the mean of the 13 trained languages" in sentence


def test_a_language_that_is_worse_on_one_suite_counts_as_worse() -> None:
    run = make_run(14, suites=("heldout", "tatoeba"))
    first = headline(run.summary)
    assert first.several_suites
    numbers = [int(word) for word in first.meaning[-1].split() if word.isdigit()]
    assert sum(numbers) == 14
    names = {change.code for change in first.groups[0].group.changes}
    assert numbers[1] == len(names)


def test_long_lists_are_cut() -> None:
    first = headline(make_run(100).summary)
    for short in first.groups:
        assert len(short.shown) == min(ROWS, len(short.group.changes))
        assert len(short.shown) + short.more == len(short.group.changes)
