import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alignment.vectors import distinct, distinct_texts


def test_examples() -> None:
    result = doctest.testmod(distinct)
    assert result.attempted > 0
    assert result.failed == 0


@given(st.lists(st.lists(st.sampled_from(["", "a", "b", "ab", "ä", "\U0001f600"]), max_size=6)))
def test_numbers_are_those_of_a_dictionary(batches: list[list[str]]) -> None:
    texts = [text for batch in batches for text in batch]
    numbers: dict[str, int] = {}
    for text in texts:
        numbers.setdefault(text, len(numbers))
    numbered = distinct_texts(batches)
    assert numbered.rows.tolist() == [numbers[text] for text in texts]
    assert numbered.firsts.tolist() == [texts.index(text) for text in numbers]
    assert numbered.rows.dtype == np.dtype(np.int32)
    assert numbered.firsts.dtype == np.dtype(np.int64)
