import doctest
from itertools import chain

from alignment.encoder import padding
from alignment.encoder.padding import batches_of_similar_length, pad


def test_examples() -> None:
    result = doctest.testmod(padding)
    assert result.attempted > 0
    assert result.failed == 0


def test_batches_respect_the_budget() -> None:
    lengths = [3, 50, 7, 7, 20, 1, 90]
    batches = list(batches_of_similar_length(lengths, 60))
    assert sorted(chain.from_iterable(batches)) == list(range(7))
    for batch in batches:
        padded = len(batch) * max(lengths[i] for i in batch)
        assert padded <= 60 or len(batch) == 1


def test_batches_take_neighbors_in_length() -> None:
    assert list(batches_of_similar_length([1, 9, 2, 8], 18)) == [[1, 3], [2, 0]]
    assert list(batches_of_similar_length([], 18)) == []


def test_filled_on_the_left() -> None:
    batch = pad([[5, 6, 7], [8]], 1, "left")
    assert batch.ids.tolist() == [[5, 6, 7], [1, 1, 8]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [0, 0, 1]]
