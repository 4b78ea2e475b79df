"""Unit vectors of any encoder."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alignment.api.vectors import unit_vectors
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import DataError
from tests.letters import LetterEncoder
from tests.unit.encoder.examples import small_encoder


class Fixed:
    """Gives the same array for any texts."""

    def __init__(self, vectors: NDArray[np.floating[Any]]) -> None:
        self.vectors = vectors

    def encode(self, texts: list[str], /) -> NDArray[np.floating[Any]]:
        return self.vectors


def test_rows_are_normalized() -> None:
    vectors = unit_vectors(LetterEncoder(), ["abba", "xyz"])
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_unit_rows_stay_bit_for_bit() -> None:
    rows = np.array([[0.6, 0.8], [0.0, 1.0]], np.float32)
    assert (unit_vectors(Fixed(rows), ["a", "b"]) == rows).all()


def test_a_zero_vector_stays_zero() -> None:
    assert (unit_vectors(LetterEncoder(), ["123", "abc"])[0] == 0).all()


@pytest.mark.parametrize(
    "vectors", [np.ones(2), np.ones((3, 2))], ids=["one dimension", "too many rows"]
)
def test_a_wrong_shape_is_refused(vectors: NDArray[np.floating[Any]]) -> None:
    with pytest.raises(DataError, match=r"must return \(2, dim\)"):
        unit_vectors(Fixed(vectors), ["a", "b"])


def test_nan_is_refused() -> None:
    with pytest.raises(DataError, match="NaN or infinite"):
        unit_vectors(Fixed(np.array([[np.nan, 1.0]])), ["a"])


def test_our_own_encoder_gets_the_side() -> None:
    encoder = small_encoder()
    choose_prompts(encoder.container, Prompts("the red ", "the green "))
    texts = ["house", "tree"]
    target = unit_vectors(encoder, texts, "target")
    assert np.array_equal(target, encoder.encode(texts, side="target"))
    assert np.array_equal(unit_vectors(encoder, texts), encoder.encode(texts, side="source"))
    assert not np.allclose(target, unit_vectors(encoder, texts), atol=1e-3)
