import doctest
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.report import svg, words
from alignment.report.svg import Scale, nice, thin


@pytest.mark.parametrize("module", [svg, words])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


def test_a_scale_stays_between_its_ends() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]


def test_a_scale_of_one_value_is_in_the_middle() -> None:
    assert Scale(3, 3, 0, 10)(3) == 5


def test_attributes_and_text_cannot_become_markup() -> None:
    hostile = '"/><script>&'
    picture = svg.picture((10, 10), hostile, [svg.text(1, 2, hostile), svg.title(hostile)])
    root = ElementTree.fromstring(picture)
    assert root.attrib["aria-label"] == hostile
    assert [child.text for child in root] == [hostile, hostile]


@given(st.floats(1e-9, 1e9))
def test_a_nice_number_is_not_much_larger(value: float) -> None:
    assert value <= nice(value) <= 2.5 * value * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=50), st.integers(2, 20))
def test_thinning_keeps_the_ends(points: list[tuple[float, float]], most: int) -> None:
    kept = thin(points, most)
    assert len(kept) <= most + 1
    assert set(kept) <= set(points)
    if points:
        assert (kept[0], kept[-1]) == (points[0], points[-1])
