from xml.etree import ElementTree

import pytest

from alignment.report import charts
from alignment.report.charts import ChangeBar, Series
from alignment.report.summary import Score, SuiteResult


def result(before: float, after: float, *, passed: bool = True, floor: float = 0.5) -> SuiteResult:
    scores = [
        Score(forward=mean, backward=mean, mean=mean, low=mean - 0.05, high=min(1, mean + 0.05))
        for mean in (before, after)
    ]
    return SuiteResult(
        n=100,
        before=scores[0],
        after=scores[1],
        passed=passed,
        reason="",
        floor=floor,
        wins=1,
        losses=0,
        p_worse=0.5,
    )


def kinds(chart: str) -> list[str]:
    """The classes of the elements, which must be well-formed."""
    return [element.get("class", "") for element in ElementTree.fromstring(chart).iter()]


def test_a_refused_language_has_another_shape() -> None:
    axis = (0.3, 1.0)
    passed = ElementTree.fromstring(charts.dumbbell(result(0.4, 0.9), axis))
    refused = ElementTree.fromstring(charts.dumbbell(result(0.4, 0.4, passed=False), axis))
    assert passed.find("rect") is None
    square = refused.find("rect")
    assert square is not None and square.get("class") == "after refused"
    assert passed.get("aria-label") == "before 40.0, after 90.0 (85.0 to 95.0), floor 50.0"


def test_the_axis_has_every_accuracy() -> None:
    assert charts.accuracy_axis([result(0.43, 0.9), result(0.8, 0.9)]) == (0.4, 1.0)
    assert charts.accuracy_axis([]) == (0.0, 1.0)


def test_a_floor_left_of_the_axis_is_not_drawn() -> None:
    assert "floor" in kinds(charts.dumbbell(result(0.4, 0.9), (0.4, 1.0)))
    assert "floor" not in kinds(charts.dumbbell(result(0.9, 0.9), (0.8, 1.0)))


def test_changes_share_an_axis_with_zero() -> None:
    bars = [ChangeBar(8, 3, 13, "better", "a"), ChangeBar(2, 1, 4, "same", "b")]
    assert charts.change_axis(bars) == (0, 15)
    assert charts.change_axis([ChangeBar(-2, -6, 2, "worse", "")]) == (-10, 5)
    assert "worse" in kinds(charts.change_bar(ChangeBar(-2, -6, 2, "worse", ""), (-10, 5)))


def test_an_overview_has_a_title_for_each_language() -> None:
    bars = [ChangeBar(number, -1, 9, "better", f"<{number}>") for number in range(5)]
    root = ElementTree.fromstring(charts.overview(bars, (-5, 10)))
    titles = [element.text for element in root.iter() if element.tag == "title"]
    assert titles == ["<0>", "<1>", "<2>", "<3>", "<4>"]


def test_long_curves_are_thinned() -> None:
    points = [(float(number), number / 10_000) for number in range(10_000)]
    chart = charts.panel([Series("", points, points)], "loss")
    assert len(chart) < 10_000
    ElementTree.fromstring(chart)


@pytest.mark.parametrize("points", [[], [(3.0, 0.0)], [(1.0, 0.0), (2.0, 0.0)]])
def test_curves_of_few_points(points: list[tuple[float, float]]) -> None:
    ElementTree.fromstring(charts.panel([Series("", points)], "loss"))


def test_a_distribution_of_nothing() -> None:
    chart = charts.distribution([0.0, 1.0, 2.0], [0, 0], [0, 0], None, "scores")
    assert "floor" not in kinds(chart)


def test_shares_are_named() -> None:
    chart = ElementTree.fromstring(charts.shares_bar([("easy", 0.25), ("hard", 0.75)]))
    assert chart.get("aria-label") == "easy 25%, hard 75%"
    assert [float(part.get("width", 0)) for part in chart] == [42.5, 127.5]
