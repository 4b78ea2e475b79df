import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.edits import altered
from alignment.edits.altered import COPIES_PER_KIND, KINDS, AlteredKind, altered_copies
from alignment.edits.antonyms import OPPOSITES

WORDS = st.sampled_from(
    [
        *("the", "not", "is", "Tom", "Rome", "3", "12", "two", "good", "bad", "never", "before"),
        *("than", "cat", "dog", "can't", ".", "?", "{", "{0}", "%s", "or"),
    ]
)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=6)


def copies_of(
    text: str, kind: AlteredKind, *others: str, language: str = "en", translation: str = ""
) -> set[str]:
    texts = [text, *others]
    copies = altered_copies(texts, language, translations=[translation] * len(texts))
    return {copy.text for copy in copies if copy.kind == kind and copy.original == 0}


def test_examples() -> None:
    result = doctest.testmod(altered)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The page is locked.", {"The page is not locked."}),
        ("The page is not here.", {"The page is here."}),
        ("You can't leave.", {"You can leave."}),
        ("We cannot leave.", {"We can leave."}),
        ("It won't rain.", {"It will rain."}),
        ("She didn't come.", {"She did come."}),
        ("Don't you like it?", set()),  # asks the same as its opposite
        ("Tell me whether or not it rains.", set()),
        ("Not only that.", set()),
        ("I would never have guessed it.", set()),  # nor does `would not never` differ for all
        ("There is nothing.", set()),
        ("Go home.", set()),
    ],
)
def test_negation(text: str, expected: set[str]) -> None:
    assert copies_of(text, "negation") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The door is open.", {"The door is closed."}),
        ("OPEN the door", {"CLOSED the door"}),
        ("Always.", {"Never."}),
        ("{open} the door", set()),
        ("an open-minded man", set()),
    ],
)
def test_antonyms(text: str, expected: set[str]) -> None:
    assert copies_of(text, "antonym") == expected


def test_opposites_are_never_the_word_itself() -> None:
    assert all(word != opposite for word, opposite in OPPOSITES.items())
    assert all(opposite in OPPOSITES for opposite in OPPOSITES.values())


def test_numbers() -> None:
    for copy in copies_of("I have 12 cats and three dogs.", "number"):
        assert re.sub(r"\d+", "#", copy) == "I have # cats and three dogs." or (
            re.fullmatch(r"I have 12 cats and \w+ dogs\.", copy)
        )
    assert len(copies_of("I have 12 cats.", "number")) == COPIES_PER_KIND
    assert copies_of("Mae gen i 12 cath.", "number", language="cy")
    assert copies_of("one of us", "number") == set()


def test_a_name_becomes_one_of_another_text() -> None:
    copies = copies_of("We met Tom in Rome.", "entity", "They saw Ann there.")
    assert copies <= {"We met Ann in Rome.", "We met Tom in Ann."}
    assert copies
    assert copies_of("We met Tom in Rome.", "entity") == set()  # there is no other name
    # Without a translation that has it too, a first word may be any word.
    assert copies_of("Tea is hot.", "entity", "They saw Ann.") == set()
    assert copies_of("Tom is hot.", "entity", "They saw Ann.", translation="Tom est") == {
        "Ann is hot."
    }
    assert copies_of("Save File As Text", "entity", "They saw Ann.") == set()  # a title


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We moved from Rome to Bonn.", {"We moved from Bonn to Rome."}),
        ("The dog is older than the cat.", {"The cat is older than the dog."}),
        ("Change it from 3 to 5.", {"Change it from 5 to 3."}),
        ("The dog is different than the cat.", set()),  # symmetric
        ("The sum of 3 and 5", set()),
        ("The dog and the cat.", set()),
    ],
)
def test_word_order(text: str, expected: set[str]) -> None:
    assert copies_of(text, "word_order") == expected


def test_a_copy_never_equals_a_text_of_the_suite() -> None:
    assert copies_of("The door is open.", "antonym", "the door is CLOSED!") == set()


def test_texts_that_occur_twice_are_altered_once() -> None:
    copies = altered_copies(["It is hot."] * 2, "en", translations=["a", "b"])
    assert {copy.original for copy in copies} == {0}


def test_other_languages_only_have_rules_for_any_language() -> None:
    text = "Mae Tom yn mynd i Rome ar 12 Mai, two open."
    copies = altered_copies(
        [text, "Ann 3"], "cy", translations=["Tom goes to Rome on 12 May", "Ann 3"]
    )
    assert {copy.kind for copy in copies} == {"number", "entity"}


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 texts and 1 translations"):
        altered_copies(["a", "b"], "en", translations=["a"])


@given(TEXTS, st.integers(0, 3))
def test_copies_are_new_and_repeatable(texts: list[str], seed: int) -> None:
    translations = [text.upper() for text in texts]
    copies = altered_copies(texts, "en", translations=translations, seed=seed)
    assert copies == altered_copies(texts, "en", translations=translations, seed=seed)
    assert not {copy.text for copy in copies} & set(texts)
    assert len({copy.text for copy in copies}) == len(copies)
    for copy in copies:
        same = [one for one in copies if (one.original, one.kind) == (copy.original, copy.kind)]
        assert len(same) <= COPIES_PER_KIND
        assert copy.kind in KINDS
