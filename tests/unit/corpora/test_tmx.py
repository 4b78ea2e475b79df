"""Units of TMX."""

from xml.etree.ElementTree import Element

import pytest

from alignment.corpora.tmx import NO_LANGUAGE, UNTRANSLATED, Outcome, variants


def unit(*tuvs: tuple[str | None, str], key: str = "xml:lang") -> Element:
    element = Element("tu")
    for language, text in tuvs:
        tuv = Element("tuv", {} if language is None else {key: language})
        segment = Element("seg")
        segment.text = text
        tuv.append(segment)
        element.append(tuv)
    return element


@pytest.mark.parametrize(
    ("tuvs", "outcome"),
    [
        ([("en", "a"), ("de", "b")], [("en", "a"), ("de", "b")]),
        ([("en", "a"), ("de", "b"), ("de", "c")], [("en", "a"), ("de", "b"), ("de", "c")]),
        ([("en", "a"), ("de", "b"), ("de", "b")], [("en", "a"), ("de", "b")]),
        ([("en", "a"), ("de", "")], UNTRANSLATED),
        ([("en", "a"), ("de", " \n")], UNTRANSLATED),
        ([("en", "a"), ("en", "b")], UNTRANSLATED),
        ([("en", "a"), (None, "b")], NO_LANGUAGE),
        ([("en", "a"), (None, "b"), ("de", "c")], [("en", "a"), ("de", "c")]),
        ([], UNTRANSLATED),
    ],
)
def test_variants(tuvs: list[tuple[str | None, str]], outcome: Outcome) -> None:
    assert variants(unit(*tuvs)) == outcome


def test_the_attribute_of_old_versions() -> None:
    assert variants(unit(("EN", "a"), ("DE", "b"), key="lang")) == [("EN", "a"), ("DE", "b")]
