import numpy as np
import pytest

from alignment.cleaning import columns, scores
from alignment.cleaning.batch import Context
from tests.unit.cleaning.rows import pairs

CONTEXT = Context("en", "fi")


def test_lengths_and_words() -> None:
    batch = pairs(("one two", "yksi"), ("a", "bcd efg"))
    assert scores.shorter_side(batch, CONTEXT).tolist() == [4, 1]
    assert scores.longer_side(batch, CONTEXT).tolist() == [7, 7]
    assert scores.pivot_words(batch, CONTEXT).tolist() == [2, 1]


def test_same_text_compares_comparable_forms() -> None:
    batch = pairs(("Save it!", "SAVE IT"), ("Save", "Safe"), ("", "?"), ("a", "ab"))
    assert scores.same_text(batch, CONTEXT).tolist() == [1, 0, 1, 0]


def test_the_bound_of_edit_similarity_holds() -> None:
    batch = pairs(("kitten", "sitting"), ("abc", "abc"), ("abcd", "ab"), ("", ""), ("x", "yz"))
    exact = scores.edit_similarity(batch, CONTEXT)
    bound = scores.max_edit_similarity(batch, CONTEXT)
    assert exact.tolist() == pytest.approx([1 - 3 / 7, 1, 0.5, 1, 0])
    assert (exact <= bound + 1e-12).all()


def test_length_ratio_is_relative_to_the_corpus() -> None:
    batch = pairs(("a" * 92, "b" * 42), ("a" * 42, "b" * 42))
    assert scores.length_ratio(batch, CONTEXT).tolist() == pytest.approx([2.0, 1.0])
    halved = Context("en", "ko", expected_ratio=0.5)
    assert scores.length_ratio(batch, halved).tolist() == pytest.approx([54 / 50, 50 / 29])


@pytest.mark.parametrize(
    ("sources", "targets", "ratio"),
    [
        (["a" * 10, "a" * 10, "a" * 10], ["b" * 5, "b" * 10, "b" * 20], 1.0),
        (["a" * 10], ["b" * 15], 1.5),
        (["a" * 10], ["b" * 900], 5.0),
        (["a" * 90], ["b"], 0.2),
        (["short"], ["b" * 90], 1.0),
        (["a" * 10], [""], 1.0),
        ([], [], 1.0),
    ],
    ids=["median", "one pair", "at most 5", "at least 0.2", "too short", "no target", "no pairs"],
)
def test_expected_ratio(sources: list[str], targets: list[str], ratio: float) -> None:
    columns_of = [[columns.from_strings(side)] for side in (sources, targets)]
    assert scores.expected_ratio(*columns_of) == pytest.approx(ratio)


def test_the_worse_side_counts() -> None:
    batch = pairs(("abc", "где"), ("%s abc", "%s"), ("aaab", "a"), ("a a a", "b"))
    assert scores.share_in_script(batch, CONTEXT).tolist() == [0, 1, 1, 1]
    assert scores.letters_outside_markup(batch, CONTEXT).tolist() == [3, 0, 1, 1]
    assert scores.char_run(batch, CONTEXT).tolist() == [1, 1, 3, 1]
    assert scores.word_run(batch, CONTEXT).tolist() == [1, 1, 1, 3]


class AlwaysGerman:
    """A language identifier that is sure of one language."""

    def knows(self, language: str) -> bool:
        return True

    def other_language(self, texts: list[str], language: str) -> columns.Floats:
        return np.full(len(texts), 0.0 if language == "de" else 0.75)


def test_other_language() -> None:
    batch = pairs(("a", "b"), ("c", "d"))
    assert scores.other_language(batch, CONTEXT).tolist() == [0, 0]
    identifier = AlwaysGerman()
    one_side = Context("de", "fi", 1.0, identifier)  # type: ignore[arg-type]
    assert scores.other_language(batch, one_side).tolist() == [0.75, 0.75]
