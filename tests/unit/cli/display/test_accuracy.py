"""Accuracy as rows of text."""

from __future__ import annotations

from alignment.cli.display.accuracy import accuracy_rows, suite_names
from tests.summaries import make_result, make_summary


def test_rows_of_a_suite() -> None:
    finnish, german = accuracy_rows(make_summary(), "heldout")
    assert (finnish.language, finnish.control) == ("Finnish", False)
    assert (german.language, german.control) == ("German", True)
    assert (finnish.pairs, finnish.before, finnish.after) == ("1,200", "50.0", "75.0")
    assert finnish.interval == "65.0 - 85.0"
    assert finnish.passed


def test_a_language_without_the_suite_has_no_row() -> None:
    summary = make_summary()
    summary.languages["fi"].suites.clear()
    assert [row.language for row in accuracy_rows(summary, "heldout")] == ["German"]


def test_a_suite_of_controls_only_is_listed() -> None:
    summary = make_summary()
    summary.languages["de"].suites["tatoeba"] = make_result(0.9, 0.8, reason="worse")
    assert suite_names(summary) == ["heldout", "tatoeba"]
    assert accuracy_rows(summary, "tatoeba")[0].reason == "worse"
