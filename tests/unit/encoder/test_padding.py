import doctest
from itertools import chain

import pytest
import torch

from alignment.encoder import padding
from alignment.encoder.encoder import Encoder
from alignment.encoder.padding import Pooling, batches_of_similar_length, embed, pad, pool
from tests.unit.encoder.examples import TEXTS


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


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pool_leaves_padding_out(encoder: Encoder, pooling: Pooling) -> None:
    rows = encoder.tokenize([TEXTS[0], "red"])
    with torch.inference_mode():
        pooled = pool(encoder.model, *pad(rows, 1), pooling)
        for row, vector in zip(rows, pooled, strict=True):
            hidden = encoder.model(input_ids=torch.tensor([row])).last_hidden_state[0]
            expected = hidden[0] if pooling == "cls" else hidden.mean(dim=0)
            torch.testing.assert_close(vector, expected, atol=1e-6, rtol=0)


def test_embed_normalizes(encoder: Encoder) -> None:
    batch = pad(encoder.tokenize(TEXTS), 1)
    with torch.inference_mode():
        pooled = pool(encoder.model, *batch)
        vectors = embed(encoder.model, *batch)
    torch.testing.assert_close(vectors, pooled / pooled.norm(dim=1, keepdim=True))
