from xml.etree import ElementTree

from alignment.report import plots


def texts(svg: str) -> list[str]:
    """All text of an SVG, which must be well-formed."""
    root = ElementTree.fromstring(svg.replace("xlink:href", "href"))
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]


def test_comparison_without_a_value() -> None:
    labels = texts(plots.comparison({"a": {"heldout": [0.5, 0.6]}, "b": {}}, ["heldout"]))
    assert {"a", "b", "heldout"} <= set(labels)


def test_a_name_is_no_formula() -> None:
    assert "$x^2$" in texts(plots.comparison({"$x^2$": {"heldout": [0.5]}}, ["heldout"]))


def test_equal_plots_are_equal_bytes() -> None:
    arms = {"a": {"heldout": [0.5, 0.6]}}
    assert plots.comparison(arms, ["heldout"]) == plots.comparison(arms, ["heldout"])
