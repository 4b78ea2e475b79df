import pytest
from transformers import PreTrainedTokenizerFast

from alignment.encoder.sentencepiece import nmt_nfkc_charsmap, unigram_tokenizer

PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁hel", -1.0),
    ("lo", -1.0),
    ("▁", -3.0),
]


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    return unigram_tokenizer(
        PIECES,
        nmt_nfkc_charsmap(),
        max_length=16,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
    )


def test_text_is_framed(tokenizer: PreTrainedTokenizerFast) -> None:
    tokens = tokenizer.convert_ids_to_tokens(tokenizer("hello")["input_ids"])
    assert tokens == ["<s>", "▁hel", "lo", "</s>"]


@pytest.mark.parametrize("text", ["  hello ", "ｈｅｌｌｏ"])
def test_text_is_normalized(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assert tokenizer(text)["input_ids"] == tokenizer("hello")["input_ids"]


def test_spaces_are_collapsed(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer("hello   hello")["input_ids"] == tokenizer("hello hello")["input_ids"]


def test_unknown_letters_are_unk(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.unk_token_id in tokenizer("xyz")["input_ids"]


def test_decoding_gives_the_text(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = tokenizer("hello hello")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "hello hello"
