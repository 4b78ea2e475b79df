import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.edits.meaning import edit_meaning
from alignment.edits.rules import shared_names


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("The page is locked.", "en", "The page is not locked."),
        ("The page is not locked.", "en", "The page is locked."),
        ("They have been saved.", "en", "They have not been saved."),
        ("Die Seite ist nicht gesperrt.", "de", "Die Seite ist gesperrt."),
        ("Страница не найдена", "ru", "Страница найдена"),
        ("Is the page locked?", "en", None),  # a question does not contradict its negation
        ("You can't save and it is late.", "en", None),
        ("Not now, it is late.", "en", "Not now, it is not late."),
        ("The page is late and was moved.", "en", None),  # two auxiliaries: which one is meant?
        ("Sivu on lukittu.", "fi", None),
        ("Sivu %1$s on {0} <b2>", "fi", None),  # digits of placeholders and tags are not numbers
    ],
)
def test_negation(text: str, language: str, expected: str | None) -> None:
    assert edit_meaning(text, language, "id") == expected


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
            {"Django und Weblate", "Weblate und Python"},  # never the name itself
        ),
        ("Die Seite", "The page", "de", {None}),  # a capital is not enough
        ("%(Name)s und <Bold>", "%(Name)s and <Bold>", "de", {None}),
        ("%Name und ${User}", "%Name and ${User}", "de", {None}),
    ],
)
def test_a_name_becomes_another_name(
    text: str, anchor: str, language: str, expected: set[str | None]
) -> None:
    names = ["Django", "Weblate"] if "Django" in text else ["Django"]
    edits = {edit_meaning(text, language, str(i), anchor=anchor, names=names) for i in range(30)}
    assert edits == expected


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
        ("Python und Ruby", "Python and Ruby", "de", None),  # swapping does not change the meaning
        ("Move Alice and Bob to Carol", "Alice Bob Carol", "en", None),  # three names: which two?
        ("Vaihda XML muotoon JSON", "Convert XML to JSON", "fi", None),  # no rule for Finnish
    ],
)
def test_two_names_are_swapped_around_a_direction(
    text: str, anchor: str, language: str, expected: str | None
) -> None:
    assert edit_meaning(text, language, "id", anchor=anchor) == expected


def test_shared_names() -> None:
    pairs = [
        ("Open GitHub now", "Avaa GitHub nyt"),
        ("Use Django", "Käytä Djangoa"),
        ("The API of CiviCRM", "CiviCRM:n API"),
    ]
    assert shared_names(pairs) == ["API", "CiviCRM", "GitHub"]


def test_numbers_change_and_nothing_else() -> None:
    first = edit_meaning("Sivu 12/200 (%2$s)", "fi", "a")
    assert first is not None
    assert first == edit_meaning("Sivu 12/200 (%2$s)", "fi", "a")
    assert re.sub(r"\d+", "#", first) == "Sivu #/# (%#$s)"
    assert first.endswith("(%2$s)")
    assert len({edit_meaning("Sivu 12", "fi", str(i)) for i in range(20)}) > 5


@pytest.mark.parametrize("placeholder", ["%#08x", "${x1}", "{{ 12 }}", "%1$sin", "<h1>", "&#160;"])
def test_numbers_of_placeholders_stay(placeholder: str) -> None:
    edits = {edit_meaning(f"Sivu 7 {placeholder}", "fi", str(i)) for i in range(10)}
    for edit in edits:
        assert edit is not None
        assert edit.endswith(f" {placeholder}")


@given(st.text(alphabet="ab 0123456789.,%{}<>", max_size=30), st.text(max_size=3))
def test_an_edit_is_another_text_of_the_same_length(text: str, identity: str) -> None:
    edit = edit_meaning(text, "fi", identity)
    if edit is None:
        return
    assert edit != text
    assert len(edit) == len(text)
    numbers = re.findall(r"\d+", text)
    assert sum(map(int, numbers)) != sum(map(int, re.findall(r"\d+", edit)))
