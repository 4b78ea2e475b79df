from __future__ import annotations

from alignment.report.averaging import AveragingRow, averaging_rows
from alignment.report.html import render_report
from alignment.report.summary import Averaging, AveragingPoint, Summary
from tests.unit.report.test_html import STEPS

CURVE = [
    AveragingPoint(share=0.0, accuracy=0.912, below_base=2),
    AveragingPoint(share=0.1, accuracy=0.9, below_base=0),
    AveragingPoint(share=1.0, accuracy=0.8, below_base=0),
]
CHOSEN = Averaging(share=0.1, chosen=True, pairs=1234, languages=2, curve=CURVE)


def page_of(summary: Summary, averaging: Averaging | None) -> str:
    page = render_report(summary.model_copy(update={"averaging": averaging}), {}, STEPS, {})
    return " ".join(page.split())


def test_one_row_for_each_share() -> None:
    assert averaging_rows(CHOSEN) == [
        AveragingRow("0.0", "91.2", "2", chosen=False),
        AveragingRow("0.1", "90.0", "0", chosen=True),
        AveragingRow("base alone", "80.0", "", chosen=False),
    ]


def test_without_averaging_there_is_nothing_to_show(summary: Summary) -> None:
    assert averaging_rows(None) == []
    assert "Averaged with the base" not in page_of(summary, None)


def test_a_chosen_share_comes_with_its_curve(summary: Summary) -> None:
    page = page_of(summary, CHOSEN)
    assert "90% the trained ones and 10% those of the base encoder" in page
    assert "chosen on 1,234 validation pairs in 2 languages" in page
    assert page.count("<td>chosen</td>") == 1
    assert '<td class="n"><b>90.0</b></td>' in page


def test_a_configured_share_has_no_table(summary: Summary) -> None:
    configured = Averaging(share=0.3, chosen=False, pairs=0, languages=0, curve=[])
    page = page_of(summary, configured)
    assert "70% the trained ones and 30% those" in page
    assert "The configuration sets the share" in page
    assert "languages below the base" not in page
