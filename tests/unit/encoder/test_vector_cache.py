import numpy as np
import pytest

from alignment.encoder.vector_cache import Vector, VectorCache


class LengthEncoder:
    """The vector of a text is its length; remembers what it was asked for."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def __call__(self, texts: list[str]) -> Vector:
        self.calls.append(texts)
        lengths = [[len(text)] for text in texts]
        return np.array(lengths, np.float32).reshape(len(texts), 1)


def test_each_text_has_its_vector() -> None:
    vectors = VectorCache().lookup(["aa", "b", "aa"], LengthEncoder())
    assert vectors["aa"].tolist() == [2.0]
    assert vectors["b"].tolist() == [1.0]


def test_known_texts_are_not_encoded_again() -> None:
    cache = VectorCache()
    encode = LengthEncoder()
    cache.lookup(["a", "bb", "a"], encode)
    vectors = cache.lookup(["bb", "ccc"], encode)
    assert encode.calls == [["a", "bb"], ["ccc"]]
    assert vectors["bb"].tolist() == [2.0]


def test_what_was_used_last_is_kept() -> None:
    cache = VectorCache(capacity=3)
    encode = LengthEncoder()
    cache.lookup(["a", "b"], encode)
    vectors = cache.lookup(["a", "cc", "dd"], encode)
    assert list(vectors) == ["a", "cc", "dd"]
    cache.lookup(["dd", "b", "a"], encode)
    assert encode.calls == [["a", "b"], ["cc", "dd"], ["b"]]


def test_a_text_of_every_call_is_encoded_once() -> None:
    cache = VectorCache(capacity=4)
    encode = LengthEncoder()
    for language in "abcdefgh":
        cache.lookup(["pivot", language * 2, language * 3], encode)
    texts = [text for call in encode.calls for text in call]
    assert len(texts) == len(set(texts)) == 1 + 2 * 8


def test_never_holds_more_than_its_capacity() -> None:
    cache = VectorCache(capacity=3)
    encode = LengthEncoder()
    texts = ["a", "bb", "ccc", "dddd"]
    vectors = cache.lookup(texts, encode)
    assert [vectors[text].item() for text in texts] == [1, 2, 3, 4]
    assert len(cache) == 3


def test_an_error_loses_nothing() -> None:
    cache = VectorCache()
    cache.lookup(["a"], LengthEncoder())

    def broken(texts: list[str]) -> Vector:
        raise MemoryError

    with pytest.raises(MemoryError):
        cache.lookup(["a", "b"], broken)
    encode = LengthEncoder()
    cache.lookup(["a"], encode)
    assert encode.calls == [[]]


def test_clear() -> None:
    cache = VectorCache()
    cache.lookup(["a"], LengthEncoder())
    cache.clear()
    assert len(cache) == 0
