from __future__ import annotations

from alignment.cli.display.alignment import Checks, print_alignment, print_alignment_table
from alignment.cli.display.console import console
from tests.support import line_with
from tests.unit.report.test_alignment import CHECKS, check

COUNTS = "Alignment of the corpora, by language: 1 aligned, 1 shifted, 1 too few pairs."


def printed(checks: Checks) -> str:
    with console.capture() as capture:
        print_alignment(checks)
    return capture.get()


def test_faults_and_counts() -> None:
    assert printed(CHECKS) == f"shifted: own, Welsh: its rows are <shifted>\n{COUNTS}\n"


def test_only_counts_if_all_are_aligned() -> None:
    assert printed({"cy": {"a": check()}}) == "Alignment of the corpora, by language: 1 aligned.\n"


def test_nothing_if_nothing_is_checked() -> None:
    assert printed({}) == ""


def test_a_table_of_all() -> None:
    with console.capture() as capture:
        print_alignment_table(CHECKS)
    text = capture.get()
    row = line_with("django", text)
    assert "0.87" in row and "0.75" in row and "aligned" in row
    line_with("too few pairs: own, Irish: too few", text)
    line_with(COUNTS, text)
