import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.triplets.edits import edited, shared_names


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The page is locked.", "en", "The page is not locked."),
        ("The page is not locked.", "en", "The page is locked."),
        ("They have been saved.", "en", "They have not been saved."),
        ("Die Seite ist nicht gesperrt.", "de", "Die Seite ist gesperrt."),
        ("Страница не найдена", "ru", "Страница найдена"),
        ("Is the page locked?", "en", None),  # a question is not its own contrary
        ("You can't save and it is late.", "en", None),
        ("Not now, it is late.", "en", "Not now, it is not late."),
        ("The page is late and was moved.", "en", None),  # two places: which one is meant?
        ("Sivu on lukittu.", "fi", None),
        ("Sivu %1$s on {0} <b2>", "fi", None),  # digits of placeholders and tags are no numbers
    ],
)
def test_negation(text: str, language: str, expected: str | None) -> None:
    assert edited(text, language, "id") == expected


@pytest.mark.parametrize(
    ("text", "anchor", "language", "expected"),
    [
        (
            "Convertir XML en JSON",
            "Convert XML to JSON",
            "fr",
            {"Convertir Django en JSON", "Convertir XML en Django"},
        ),
        ("Installiere Weblate", "Install Weblate", "de", {"Installiere Django"}),
        ("Installiere Web", "Install Weblate", "de", {None}),  # no name that both have
        (
            "Django und Python",
            "Django and Python",
            "de",
            {"Django und Weblate", "Weblate und Python"},
        ),  # never itself
        ("Die Seite", "The page", "de", {None}),  # a capital is not enough
        ("%(Name)s und <Bold>", "%(Name)s and <Bold>", "de", {None}),
    ],
)
def test_names_become_other_names(
    text: str, anchor: str, language: str, expected: set[str | None]
) -> None:
    names = ["Django"] if "Django" not in text else ["Django", "Weblate"]
    assert {
        edited(text, language, str(i), anchor=anchor, names=names) for i in range(30)
    } == expected


@pytest.mark.parametrize(
    ("text", "anchor", "language", "expected"),
    [
        ("Convert XML to JSON", "Konvertiere XML zu JSON", "en", "Convert JSON to XML"),
        (
            "Python ist schneller als Ruby",
            "Python is faster than Ruby",
            "de",
            "Ruby ist schneller als Python",
        ),
        ("Python und Ruby", "Python and Ruby", "de", None),  # the same thing the other way round
        ("Move Alice and Bob to Carol", "Alice Bob Carol", "en", None),  # three names: which two?
        ("Vaihda XML muotoon JSON", "Convert XML to JSON", "fi", None),  # no rule for the language
    ],
)
def test_two_names_change_places_where_that_says_something_else(
    text: str, anchor: str, language: str, expected: str | None
) -> None:
    assert edited(text, language, "id", anchor=anchor) == expected


def test_shared_names() -> None:
    pairs = [
        ("Open GitHub now", "Avaa GitHub nyt"),
        ("Use Django", "Käytä Djangoa"),
        ("The API of CiviCRM", "CiviCRM:n API"),
    ]
    assert shared_names(pairs) == ["API", "CiviCRM", "GitHub"]


def test_numbers_change_and_nothing_else() -> None:
    first = edited("Sivu 12/200 (%2$s)", "fi", "a")
    assert first is not None and first == edited("Sivu 12/200 (%2$s)", "fi", "a")
    assert re.sub(r"\d+", "#", first) == "Sivu #/# (%#$s)" and first.endswith("(%2$s)")
    assert len({edited("Sivu 12", "fi", str(i)) for i in range(20)}) > 5


@given(st.text(alphabet="ab 0123456789.,%{}<>", max_size=30), st.text(max_size=3))
def test_an_edit_is_another_text_of_the_same_length_or_none(text: str, identity: str) -> None:
    found = edited(text, "fi", identity)
    assert found is None or (found != text and len(found) == len(text))
    numbers = re.findall(r"\d+", text)
    assert found is None or sum(map(int, numbers)) != sum(map(int, re.findall(r"\d+", found)))
