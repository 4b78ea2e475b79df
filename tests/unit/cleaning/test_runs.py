import pytest

from alignment.cleaning import columns
from alignment.cleaning.runs import longest_char_run, longest_word_run, word_counts


@pytest.mark.parametrize(
    ("text", "words", "char_run", "word_run"),
    [
        ("", 0, 0, 0),
        ("a", 1, 1, 1),
        ("one two", 2, 1, 1),
        ("no no no nooo", 4, 3, 3),
        ("ab ba ab", 3, 1, 1),  # the same letters in another order are another word
        ("ha haha ha ha", 4, 1, 2),
        ("aaa bbb", 2, 3, 1),
    ],
)
def test_runs(text: str, words: int, char_run: int, word_run: int) -> None:
    # Among other rows, whose ends must not join.
    texts = columns.from_strings(["zz a", text, "", "a a a a"])
    assert word_counts(texts).tolist() == [2, words, 0, 4]
    assert longest_char_run(texts).tolist() == [2, char_run, 0, 1]
    assert longest_word_run(texts).tolist() == [1, word_run, 0, 4]


def test_only_empty_rows() -> None:
    texts = columns.from_strings(["", ""])
    assert longest_char_run(texts).tolist() == [0, 0]
    assert longest_word_run(texts).tolist() == [0, 0]
