import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.training.noise import NUM_COPIES, misspell, misspelled_copies

LETTERS = "abc"
TEXTS = ["close the window", "sulje ikkuna", "stäng fönstret"]
LANGUAGES = ["en", "fi", "sv"]


@given(st.text(), st.floats(0, 1))
def test_only_letters_change(text: str, share: float) -> None:
    noisy = misspell(text, share, LETTERS, random.Random(1))
    assert [c for c in noisy if not c.isalpha()] == [c for c in text if not c.isalpha()]
    assert set(noisy) <= set(text) | set(LETTERS)
    assert len(noisy) <= 2 * len(text)


@given(st.text())
def test_a_share_of_0_changes_nothing(text: str) -> None:
    assert misspell(text, 0.0, LETTERS, random.Random(1)) == text


def test_the_share_of_changed_letters() -> None:
    """A fourth of the changes each drops, replaces, adds and swaps.

    The text has none of the new letters, so that these can be counted.
    """
    text = "".join(random.Random(0).choice("uvwxyz") for _ in range(40_000))
    noisy = misspell(text, 0.1, LETTERS, random.Random(2))
    new = sum(letter in LETTERS for letter in noisy)
    assert new == pytest.approx(2000, rel=0.1)  # of 4,000 changes those that replace or add
    assert len(noisy) - len(text) == pytest.approx(0, abs=150)  # as many added as dropped


def test_the_pivot_has_no_copies() -> None:
    copies = misspelled_copies(TEXTS, LANGUAGES, 0.3, pivot="en", seed=1)
    assert [len(of_text) for of_text in copies] == [0, NUM_COPIES, NUM_COPIES]


def test_copies_differ_from_the_text_and_each_other() -> None:
    _, finnish, swedish = misspelled_copies(TEXTS, LANGUAGES, 0.3, pivot="en", seed=1)
    assert len({TEXTS[1], *finnish}) == len({TEXTS[2], *swedish}) == 1 + NUM_COPIES


def test_new_letters_are_the_language_s() -> None:
    _, finnish, _ = misspelled_copies(TEXTS, LANGUAGES, 0.3, pivot="en", seed=1)
    assert set("".join(finnish)) <= set(TEXTS[1])


def test_copies_depend_on_text_language_and_seed() -> None:
    copies = misspelled_copies(TEXTS, LANGUAGES, 0.3, pivot="en", seed=1)
    assert misspelled_copies(TEXTS[1:2], ["fi"], 0.3, pivot="en", seed=1) == copies[1:2]
    assert misspelled_copies(TEXTS, LANGUAGES, 0.3, pivot="en", seed=2)[1] != copies[1]


def test_no_share_no_copies() -> None:
    assert misspelled_copies(TEXTS, LANGUAGES, 0.0, pivot="en", seed=1) == [[], [], []]
