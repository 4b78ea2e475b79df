"""What is found out by trying an encoder."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from alignment.encoder import probe as module
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.limits import choose_max_tokens, position_limit
from alignment.encoder.probe import check_same_vectors, long_text, probe, round_weights
from alignment.encoder.vocabulary_check import check_reads, check_vocabulary, unknown_share
from alignment.errors import ConfigError, Corrupt, DataError
from tests.unit.encoder.toys import (
    SIZES,
    TEXTS,
    qwen,
    randomized,
    save_toy,
    set_embedding,
    toy_tokenizer,
    xlmr,
)


@pytest.fixture
def toy(tmp_path: Path) -> Encoder:
    return load_encoder(save_toy(tmp_path / "toy"), device="cpu")


def test_a_sound_encoder_passes(toy: Encoder) -> None:
    check_vocabulary(toy, "here")
    vectors = probe(toy, "here")
    assert vectors["source"].shape == vectors["target"].shape
    assert np.array_equal(vectors["source"], vectors["target"])
    check_same_vectors(vectors, vectors, "differ", "here")


def test_the_long_text_reaches_the_limit(toy: Encoder) -> None:
    choose_max_tokens(toy.container, None)
    assert len(toy.tokenize([long_text(toy)])[0]) == toy.max_tokens == 64


def test_nan_weights(toy: Encoder) -> None:
    set_embedding(toy.model, 5, torch.nan)  # of a token that no sample has
    with pytest.raises(Corrupt, match=r"here: the weights .*word_embeddings.weight have NaN"):
        probe(toy, "here")


def test_numbers_that_the_type_cannot_hold(toy: Encoder) -> None:
    set_embedding(toy.model, 5, 1e6)
    round_weights(toy, "float16")
    with pytest.raises(Corrupt, match=r"encoder\.dtype"):
        probe(toy, "here")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_rounded_weights(toy: Encoder, dtype: str) -> None:
    round_weights(toy, dtype)  # type: ignore[arg-type]
    for weight in toy.container.parameters():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, weight.to(getattr(torch, dtype)).float())


def test_vectors_that_change_from_call_to_call(toy: Encoder) -> None:
    for layer in toy.container.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.train()
    with pytest.raises(Corrupt, match="vectors of the same text differ from call to call"):
        probe(toy, "here")


def test_vectors_other_than_those_of_the_container(
    toy: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._by_container
    monkeypatch.setattr(module, "_by_container", lambda *values: -real(*values))
    with pytest.raises(Corrupt, match=r"differ from those of SentenceTransformer\.encode, by"):
        probe(toy, "here")


def test_a_model_that_fails(toy: Encoder) -> None:
    toy.container.max_seq_length = 66  # two positions are not for text
    with pytest.raises(Corrupt, match="XLMRobertaModel cannot encode text: index 66 is out of"):
        probe(toy, "here")


@pytest.mark.parametrize(
    ("model", "limit"),
    [
        (xlmr(30), 64),
        (transformers.BertModel(transformers.BertConfig(**SIZES, vocab_size=30)), 512),
        (transformers.MPNetModel(transformers.MPNetConfig(**SIZES, vocab_size=30)), 510),
        (qwen(30), 32_768),
        (
            transformers.T5EncoderModel(
                transformers.T5Config(vocab_size=30, d_model=32, d_kv=8, d_ff=64, num_layers=1)
            ),
            None,
        ),
    ],
)
def test_positions(model: transformers.PreTrainedModel, limit: int | None) -> None:
    assert position_limit(model) == limit


def free_of_limits(path: Path) -> Encoder:
    tokenizer = toy_tokenizer(model_max_length=10**30)
    return load_encoder(save_toy(path, tokenizer=tokenizer), device="cpu")


def test_the_limit_counts_positions(tmp_path: Path) -> None:
    encoder = free_of_limits(tmp_path)
    choose_max_tokens(encoder.container, None)
    assert encoder.max_tokens == 64
    probe(encoder, "here")


def test_more_than_the_positions(tmp_path: Path) -> None:
    encoder = free_of_limits(tmp_path)
    with pytest.raises(ConfigError, match="positions for 64 tokens, got 66") as caught:
        choose_max_tokens(encoder.container, 66)
    assert caught.value.where == "encoder.max_tokens"
    choose_max_tokens(encoder.container, 64)
    assert encoder.max_tokens == 64


def test_more_than_the_authors_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = save_toy(tmp_path, tokenizer=toy_tokenizer(model_max_length=16))
    encoder = load_encoder(path, device="cpu")
    choose_max_tokens(encoder.container, 32)
    assert encoder.max_tokens == 32
    assert "encoder.max_tokens is 32, and the encoder's own limit is 16" in caplog.text


def test_no_limit_at_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tokenizer = toy_tokenizer(model_max_length=10**30)
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4
    )
    path = save_toy(tmp_path, randomized(transformers.T5EncoderModel(config)), tokenizer)
    encoder = load_encoder(path, device="cpu")
    choose_max_tokens(encoder.container, None)
    assert encoder.max_tokens == 512
    assert "no length limit of its own: texts are truncated to 512 tokens" in caplog.text
    probe(encoder, "here")


def mismatched(path: Path, rows: int, tokenizer: transformers.PreTrainedTokenizerFast) -> Encoder:
    return load_encoder(save_toy(path, xlmr(rows), tokenizer), device="cpu")


def test_a_word_without_a_row(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    rows = len(tokenizer)
    tokenizer.add_tokens(["qqq"])
    with pytest.raises(Corrupt, match=r"no row in the model's embedding matrix.*'qqq'") as caught:
        check_vocabulary(mismatched(tmp_path, rows, tokenizer), "here")
    assert "resize_token_embeddings" in str(caught.value)


def test_a_special_token_without_a_row(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As Gemma's for images: it is named, and text that contains it is encoded."""
    tokenizer = toy_tokenizer()
    rows = len(tokenizer)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    encoder = mismatched(tmp_path, rows, tokenizer)
    check_vocabulary(encoder, "here")
    assert "special tokens of the tokenizer have no row" in caplog.text
    unknown = tokenizer.unk_token_id
    assert encoder.tokenize(["a <image> boat"])[0][2] == unknown
    assert np.isfinite(encoder.encode(["a <image> boat"])).all()


def test_the_tokenizer_of_a_larger_model(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    with pytest.raises(Corrupt, match="have no row"):
        check_vocabulary(mismatched(tmp_path, len(tokenizer) - 5, tokenizer), "here")


def test_the_tokenizer_of_a_smaller_model(tmp_path: Path) -> None:
    with pytest.raises(Corrupt, match="the tokenizer of another vocabulary"):
        check_vocabulary(mismatched(tmp_path, 3000, toy_tokenizer()), "here")


def test_another_padding_token(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer(("<pad>", "<s>", "</s>", "<unk>"))
    with pytest.raises(Corrupt, match=r"'<pad>' has id 0, and the model's is 1"):
        check_vocabulary(mismatched(tmp_path, len(tokenizer), tokenizer), "here")


def test_a_tokenizer_without_words(tmp_path: Path) -> None:
    """What transformers makes up for a directory without the tokenizer's files."""
    tokenizer = toy_tokenizer(texts=[])
    with pytest.raises(Corrupt, match="4 special tokens and no words: every text is '<unk>'"):
        check_vocabulary(mismatched(tmp_path, 30, tokenizer), "here")


def test_no_padding_token(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    tokenizer.pad_token = None
    path = save_toy(tmp_path, qwen(len(tokenizer)), tokenizer)
    with pytest.raises(Corrupt, match="no padding token") as caught:
        load_encoder(path, device="cpu", pooling="lasttoken")
    assert "'</s>'" in str(caught.value)


def test_a_language_model_needs_a_pooling(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    path = save_toy(tmp_path, qwen(len(tokenizer)), tokenizer)
    with pytest.raises(ConfigError, match="Qwen3Model is a language model") as caught:
        load_encoder(path, device="cpu")
    assert "Set encoder.pooling" in str(caught.value)
    last = load_encoder(path, device="cpu", pooling="lasttoken")
    mean = load_encoder(path, device="cpu", pooling="mean")
    assert not np.allclose(last.encode(TEXTS), mean.encode(TEXTS), atol=1e-3)
    probe(last, "here")


def test_a_model_that_sees_both_ways_needs_none(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    settings: dict[str, Any] = {
        "num_key_value_heads": 2,
        "head_dim": 8,
        "vocab_size": len(tokenizer),
    }
    config = transformers.EuroBertConfig(
        **SIZES, **settings, pad_token_id=1, bos_token_id=0, eos_token_id=2
    )
    path = save_toy(tmp_path, randomized(transformers.EuroBertModel(config)), tokenizer)
    probe(load_encoder(path, device="cpu"), "here")


def test_a_decoder_beside_the_encoder(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    sizes: dict[str, Any] = {
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_ffn_dim": 32,
        "d_model": 32,
    }
    config = transformers.BartConfig(
        vocab_size=len(tokenizer),
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        decoder_ffn_dim=32,
        max_position_embeddings=64,
        **sizes,
    )
    path = save_toy(tmp_path, randomized(transformers.BartModel(config)), tokenizer)
    with pytest.raises(Corrupt, match="BartModel is an encoder and a decoder"):
        load_encoder(path, device="cpu")


@pytest.mark.skipif(
    not hasattr(transformers, "EmbeddingGemma2TextConfig"), reason="newer than transformers 5.7"
)
def test_vectors_longer_than_the_hidden_states(tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    heads: dict[str, Any] = {
        "num_key_value_heads": 2,
        "head_dim": 8,
        "num_global_key_value_heads": 1,
    }
    config = transformers.EmbeddingGemma2TextConfig(
        **SIZES,
        **heads,
        vocab_size=len(tokenizer),
        hidden_size_per_layer_input=16,
        embedding_dim=48,
    )
    model = randomized(transformers.EmbeddingGemma2TextModel(config))
    encoder = load_encoder(save_toy(tmp_path, model, tokenizer), device="cpu")
    assert encoder.dim == 48
    probe(encoder, "here")


def test_the_share_of_unknown_tokens(toy: Encoder) -> None:
    assert unknown_share(toy, TEXTS) == 0
    assert unknown_share(toy, ["the red zzz", "yyy"]) == 0.5
    assert unknown_share(toy, [""]) == 0


def test_a_language_that_cannot_be_read(toy: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(DataError, match=r"languages\.th: the encoder cannot read this language"):
        check_reads(toy, ["สวัสดี", "ครับ"], "th", "target")
    check_reads(toy, ["the red สวัสดี"], "th", "target")
    assert "the encoder reads th badly: 33% of the tokens are '<unk>'" in caplog.text
    caplog.clear()
    check_reads(toy, TEXTS, "de", "target")
    assert not caplog.records


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="alignment")
