from typing import Any

from alignment.report.html import render_report
from alignment.report.sections.data import data_section
from alignment.report.semantic import semantic_rows
from alignment.report.summary import SemanticFilter, Summary


def semantic_filter(**changes: Any) -> SemanticFilter:
    values: dict[str, Any] = {
        "outcome": "filtered",
        "pairs": 12_000,
        "dropped": 1_200,
        "noise": 0.1234,
        "separation": 0.998,
        "threshold": -2.5,
        "edges": [-6.0, -3.0, 0.0],
        "pair_counts": [100, 900],
        "mismatched_counts": [900, 100],
    }
    return SemanticFilter(**(values | changes))


FILTERS = {
    "cy": semantic_filter(),
    "ga": semantic_filter(
        outcome="too_few_pairs",
        pairs=10,
        dropped=0,
        noise=0.0,
        threshold=None,
        edges=[],
        pair_counts=[],
        mismatched_counts=[],
    ),
}


def test_rows() -> None:
    welsh, irish = semantic_rows(FILTERS)
    assert welsh == ("Welsh", "12,000", "1,200", "12.3", "99.8", "-2.50", "filtered")
    assert irish == ("Irish", "10", "0", "", "", "", "left alone: too few pairs")


def test_only_languages_with_scores_have_a_chart(summary: Summary) -> None:
    section = data_section(summary.model_copy(update={"semantic": FILTERS}))
    (panel,) = section.scores
    assert panel.name == "Welsh"
    assert "threshold -2.50" in panel.chart


def test_report(summary: Summary) -> None:
    page = render_report(summary.model_copy(update={"semantic": FILTERS}), {}, [], {})
    assert "Pairs that are not translations" in page
    assert "left alone: too few pairs" in page
    assert page.count('class="distribution"') == 1
    without = render_report(summary, {}, [], {})
    assert "Pairs that are not translations" not in without


def test_report_without_any_scores(summary: Summary) -> None:
    filters = {"ga": FILTERS["ga"]}
    page = render_report(summary.model_copy(update={"semantic": filters}), {}, [], {})
    assert "left alone: too few pairs" in page
    assert 'class="distribution"' not in page
