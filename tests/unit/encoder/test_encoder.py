import doctest
import threading

import numpy as np
import pytest
import torch

from alignment import compat
from alignment.encoder import encoder as module
from alignment.encoder.encoder import Encoder
from alignment.encoder.packing import Packed, pack
from alignment.encoder.prompts import Prompts, Side, choose_prompts
from alignment.encoder.vocabulary import embedding_matrix
from alignment.errors import Corrupt
from tests.unit.encoder.examples import TEXTS


def test_examples() -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_encode_gives_unit_rows_in_order(encoder: Encoder) -> None:
    vectors = encoder.encode([*TEXTS, TEXTS[0]])
    assert vectors.shape == (len(TEXTS) + 1, 32)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert (vectors[0] == vectors[-1]).all()


def test_batches_do_not_change_vectors(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        encoder.clear_cache()
        assert np.allclose(encoder.encode([text])[0], vector, atol=1e-6)


LONG = " ".join(TEXTS)


def count_packs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that gets the number of texts of each pack."""
    counts: list[int] = []

    def counted(rows: list[list[int]], multiple: int = 1) -> Packed:
        counts.append(len(rows))
        return pack(rows, multiple)

    monkeypatch.setattr(module, "pack", counted)
    return counts


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_packed_texts_have_the_container_s_vectors(
    encoder: Encoder, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PACK_TOKENS", 64)
    counts = count_packs(monkeypatch)
    texts = [*TEXTS, LONG, "red"]
    encoder.container[0].to(dtype)
    before = compat.attention_implementation(encoder.model)
    vectors = encoder.encode(texts)
    assert sum(counts) == len(texts)
    assert len(counts) > 1
    assert compat.attention_implementation(encoder.model) == before
    expected = encoder.container.encode(texts, convert_to_tensor=True).float().numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)  # bf16 rounds its unit vectors
    cosines = np.einsum("nd,nd->n", vectors, expected)
    assert cosines.min() > (0.999999 if dtype == torch.float32 else 0.999)


def test_model_that_cannot_be_packed_is_padded(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = encoder.encode(TEXTS)
    monkeypatch.setattr(module, "can_pack", lambda *_: False)
    counts = count_packs(monkeypatch)
    padded = Encoder(encoder.container).encode(TEXTS)
    assert not counts
    assert np.allclose(padded, expected, atol=1e-6)


def test_packing_can_be_switched_off(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = count_packs(monkeypatch)
    Encoder(encoder.container, pack=False).encode(TEXTS)
    assert not counts


def test_texts_without_tokens_are_padded(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = count_packs(monkeypatch)
    monkeypatch.setattr(Encoder, "tokenize", lambda *_, **__: [[5, 6], []])
    assert encoder.encode(["a", ""]).shape == (2, 32)
    assert not counts


def test_encode_nothing(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 32)


def test_encode_refuses_a_single_string(encoder: Encoder) -> None:
    with pytest.raises(TypeError, match=r"pass \[text\]"):
        encoder.encode("one text")


def test_each_text_is_encoded_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenized: list[str] = []
    original = Encoder.tokenize

    def tokenize(self: Encoder, texts: list[str], *, side: Side = "source") -> list[list[int]]:
        tokenized.extend(texts)
        return original(self, texts, side=side)

    monkeypatch.setattr(Encoder, "tokenize", tokenize)
    encoder.encode(["a", "b", "a"])
    encoder.encode(["b", "c"])
    assert tokenized == ["a", "b", "c"]
    encoder.clear_cache()
    encoder.encode(["c"])
    assert tokenized == ["a", "b", "c", "c"]


def test_without_the_cache_every_text_is_encoded(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = encoder.encode(TEXTS)
    tokenized: list[str] = []
    original = Encoder.tokenize

    def tokenize(self: Encoder, texts: list[str], *, side: Side = "source") -> list[list[int]]:
        tokenized.extend(texts)
        return original(self, texts, side=side)

    monkeypatch.setattr(Encoder, "tokenize", tokenize)
    assert np.allclose(encoder.encode(TEXTS, cache=False), expected, atol=1e-6)
    assert tokenized == list(TEXTS)
    encoder.clear_cache()
    tokenized.clear()
    encoder.encode(["a"], cache=False)
    encoder.encode(["a"])
    assert tokenized == ["a", "a"]


def test_threads_share_an_encoder(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS)
    encoder.clear_cache()
    results: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        results[number] = encoder.encode(TEXTS[number:])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert np.allclose(results[number], expected[number:], atol=1e-6)


def test_many_texts_have_the_vectors_of_few(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit, although they are tokenized in another way."""
    texts = [*TEXTS, LONG * 9, "", "  two  spaces ", "<s> </s> <pad>"]
    choose_prompts(encoder.container, Prompts("query: ", "red "))
    expected = encoder.encode(texts, side="target")
    encoder.clear_cache()
    monkeypatch.setattr(module, "MANY_TEXTS", 1)
    monkeypatch.setattr(module, "TOKENIZED_AT_ONCE", 3)
    assert np.array_equal(encoder.encode(texts, side="target"), expected)


def test_threads_share_a_tokenizer(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them sets its padding, another one none."""
    texts = [f"{text} {number}" for number in range(40) for text in TEXTS]
    expected = encoder.tokenize(texts)
    monkeypatch.setattr(module, "MANY_TEXTS", 1)
    done = threading.Event()
    padded: list[list[list[int]]] = []

    def tokenize() -> None:
        while not done.is_set():
            padded.append(encoder.tokenize(texts))

    thread = threading.Thread(target=tokenize)
    thread.start()
    try:
        for _ in range(20):
            assert encoder._rows(texts, "source") == expected
    finally:
        done.set()
        thread.join()
    assert padded
    assert all(rows == expected for rows in padded)


def test_pool_is_encode_before_normalization(encoder: Encoder) -> None:
    pooled = encoder.pool(TEXTS)
    lengths = np.linalg.norm(pooled, axis=1, keepdims=True)
    assert not np.allclose(lengths, 1, atol=1e-2)
    assert np.allclose(pooled / lengths, encoder.encode(TEXTS), atol=1e-6)


def test_tokenize_adds_the_prefix_and_cuts(encoder: Encoder) -> None:
    prefix = encoder.tokenizer("query: ")["input_ids"][1:-1]
    short, long = encoder.tokenize(["red", "red house " * 40])
    assert short[1 : 1 + len(prefix)] == prefix
    assert len(long) == encoder.max_tokens
    assert long[-1] == encoder.tokenizer.eos_token_id


def test_each_side_has_its_prompt(encoder: Encoder) -> None:
    one = encoder.encode(TEXTS, side="target")
    assert np.array_equal(one, encoder.encode(TEXTS, side="source"))
    choose_prompts(encoder.container, Prompts("query: ", "red "))
    two = encoder.encode(TEXTS, side="target")
    assert np.array_equal(encoder.encode(TEXTS), one)
    assert np.abs(two - one).max() > 1e-3
    expected = encoder.container.encode_document(TEXTS)
    assert np.allclose(two, expected, atol=1e-6)


def test_a_text_may_begin_with_the_prompt(encoder: Encoder) -> None:
    twice = encoder.encode(["query: red", "red"])
    expected = encoder.container.encode(["query: red", "red"])
    assert np.allclose(twice, expected, atol=1e-6)


def test_nan_is_an_error(encoder: Encoder) -> None:
    with torch.no_grad():
        embedding_matrix(encoder.model).fill_(float("nan"))
    with pytest.raises(Corrupt, match="NaN"):
        encoder.encode(["x"])
    with pytest.raises(Corrupt, match="NaN"):
        encoder.pool(["x"])
