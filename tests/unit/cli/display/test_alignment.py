from __future__ import annotations

from alignment.cli.display.alignment import print_alignment
from alignment.cli.display.console import console
from alignment.report.summary import CorpusCheck
from tests.support import line_with
from tests.unit.report.test_alignment import CHECKS, check


def printed(checks: dict[str, dict[str, CorpusCheck]], *, also_aligned: bool = False) -> str:
    with console.capture() as capture:
        print_alignment(checks, also_aligned=also_aligned)
    return capture.get()


def test_only_what_is_not_aligned() -> None:
    text = printed(CHECKS)
    assert "django" not in text
    assert "Irish" in text
    line_with("Alignment of the corpora, by language: 1 aligned, 1 shifted, 1 too few pairs.", text)


def test_all_of_them() -> None:
    assert "django" in printed(CHECKS, also_aligned=True)


def test_no_table_if_all_are_aligned() -> None:
    assert printed({"cy": {"a": check()}}) == "Alignment of the corpora, by language: 1 aligned.\n"


def test_nothing_if_nothing_is_checked() -> None:
    assert printed({}) == ""
