import pytest

from alignment.cli.display.console import console
from alignment.cli.display.semantic import print_semantic, print_semantic_scores
from alignment.pipeline.explain import ExplainedSemantics
from tests.support import line_with
from tests.unit.report.test_semantic import FILTERS, semantic_filter


def test_a_row_for_each_language() -> None:
    with console.capture() as capture:
        print_semantic(FILTERS)
    text = capture.get()
    assert "1,200" in line_with("Welsh", text)
    assert "left alone" in line_with("Irish", text)


def test_nothing_without_the_filter() -> None:
    with console.capture() as capture:
        print_semantic({})
    assert capture.get() == ""


def scores_of(**changes: object) -> list[str]:
    """What is printed of a language with these results."""
    explained = ExplainedSemantics("learned", "2026-01-02T03:04:05", semantic_filter(**changes))
    with console.capture() as capture:
        print_semantic_scores(explained, "cy")
    return capture.get().splitlines()


def test_scores_are_plotted() -> None:
    lines = scores_of(threshold=-2.5)
    assert any("by clean.semantic: learned" in line for line in lines)
    low = next(line for line in lines if "-6.00" in line)
    high = next(line for line in lines if "-3.00" in line)
    assert "10.0" in low and "90.0" in low
    assert low.count("█") == high.count("█") == 3 + 24
    assert low.index("█" * 24) > high.index("█" * 24)  # few pairs, many mismatched ones
    assert "threshold -2.50" in high and "threshold" not in low


@pytest.mark.parametrize(("threshold", "row"), [(-9.0, "-6.00"), (5.0, "-3.00")])
def test_a_threshold_beyond_the_plot(threshold: float, row: str) -> None:
    bars = [line for line in scores_of(threshold=threshold) if "█" in line]
    (marked,) = [line for line in bars if "threshold" in line]
    assert row in marked


def test_many_bins_share_rows() -> None:
    edges = [float(edge) for edge in range(41)]
    counts = [1] * 40
    lines = scores_of(edges=edges, pair_counts=counts, mismatched_counts=counts, threshold=7.0)
    rows = [line for line in lines if "█" in line]
    assert len(rows) == 20
    assert "6.00" in rows[3] and "threshold 7.00" in rows[3]


def test_a_language_that_was_left_alone_has_no_plot() -> None:
    lines = scores_of(outcome="too_few_pairs", edges=[], pair_counts=[], mismatched_counts=[])
    assert not any("█" in line for line in lines)
    assert any("too few pairs" in line for line in lines)
