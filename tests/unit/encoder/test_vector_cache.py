import numpy as np

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


def test_emptied_when_texts_do_not_fit() -> None:
    cache = VectorCache(capacity=3)
    encode = LengthEncoder()
    cache.lookup(["a", "b"], encode)
    vectors = cache.lookup(["b", "cc", "dd"], encode)
    assert encode.calls[1] == ["b", "cc", "dd"]
    assert len(cache) == 3
    assert vectors["b"].tolist() == [1.0]


def test_never_holds_more_than_its_capacity() -> None:
    cache = VectorCache(capacity=3)
    encode = LengthEncoder()
    texts = ["a", "bb", "ccc", "dddd"]
    vectors = cache.lookup(texts, encode)
    assert [vectors[text].item() for text in texts] == [1, 2, 3, 4]
    assert len(cache) == 0


def test_clear() -> None:
    cache = VectorCache()
    cache.lookup(["a"], LengthEncoder())
    cache.clear()
    assert len(cache) == 0
