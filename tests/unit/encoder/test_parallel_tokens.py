"""Token ids by `tokenizers` alone are those of sentence-transformers."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.parallel_tokens import ParallelTokenizer
from alignment.encoder.prompts import Prompts, Side, choose_prompts
from alignment.encoder.vocabulary import input_embedding
from tests.unit.encoder.layout_files import TEXTS, write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import encoder_of

LONG = " ".join(TEXTS) * 40


@pytest.fixture(scope="module")
def encoder(finished: Path) -> Encoder:
    loaded = load_encoder(encoder_of(finished), device="cpu")
    choose_prompts(loaded.container, Prompts("query: ", "passage: "))
    return loaded


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=20), st.sampled_from(["source", "target"]))
def test_any_texts(encoder: Encoder, texts: list[str], side: Side) -> None:
    tokenizer = ParallelTokenizer(encoder)
    expected = encoder.tokenize(texts, side=side) if texts else []
    assert tokenizer.tokenize(texts, side=side).rows() == expected


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"XLNet"}))  # which is refused
def test_every_layout(name: str, tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME[name])
    encoder = load_encoder(tmp_path, device="cpu")
    texts = [*TEXTS, LONG, "", "  two  spaces ", "<s> </s> [SEP] <pad>"]
    assert ParallelTokenizer(encoder).tokenize(texts).rows() == encoder.tokenize(texts)


def test_an_encoder_that_differs_is_tokenized_the_slow_way(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    tokenizer = ParallelTokenizer(encoder)
    monkeypatch.setattr(tokenizer, "_encoded", lambda texts, prompt: [[1, 2]] * len(texts))
    texts = [*TEXTS, LONG]
    assert tokenizer.tokenize(texts).rows() == encoder.tokenize(texts)
    assert "tokenized by sentence-transformers" in caplog.text


def test_ids_are_those_of_the_full_vocabulary(encoder: Encoder) -> None:
    """Also after the vocabulary of the model was reduced."""
    tokenizer = ParallelTokenizer(encoder)
    expected = encoder.tokenize(TEXTS)
    embedding = input_embedding(encoder.model)
    rows = embedding.num_embeddings
    embedding.num_embeddings = 3
    try:
        assert tokenizer.tokenize(TEXTS).rows() == expected
        tokenizer._backend = None
        assert tokenizer.tokenize(TEXTS).rows() == expected
    finally:
        embedding.num_embeddings = rows
