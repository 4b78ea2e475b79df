"""Whether a tokenizer and a model belong together, and whether it can read the text."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from alignment.encoder.encoder import Encoder
from alignment.encoder.packing import first_position
from alignment.encoder.prompts import Side
from alignment.encoder.samples import SAMPLES
from alignment.encoder.vocabulary import input_embedding
from alignment.errors import Corrupt, DataError

logger = logging.getLogger(__name__)

MAX_UNUSED_ROWS = 1024  # matrices are often longer than the vocabulary, for round numbers
MAX_UNUSED_SHARE = 0.05
WORDS_TRIED = 64
UNKNOWN_SHARE_TO_WARN_OF = 0.2


def check_vocabulary(encoder: Encoder, where: str, *, warn: bool = True) -> None:
    """Check that the tokenizer is that of the model; `warn` of what is only odd.

    Raises:
        Corrupt: if its ids do not fit the model's embedding matrix, or it knows no words.
    """
    tokenizer = encoder.tokenizer
    rows = _embedding_rows(encoder, where)
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    special = _special_ids(tokenizer)
    words = {token: i for token, i in vocabulary.items() if i not in special}
    if not words:
        raise Corrupt(
            f"the tokenizer has {len(vocabulary)} special tokens and no words: every text is "
            f"{tokenizer.unk_token!r}",
            where=where,
            hint="Copy the tokenizer's files from the original model: tokenizer.json and "
            "tokenizer_config.json, or its vocabulary.",
        )
    _check_ids(vocabulary, words, rows, where)
    if warn:
        _warn_of_special_tokens(vocabulary, rows)
    _check_unused_rows(len(vocabulary), rows, where)
    _check_padding(encoder, where)
    _check_knows_words(encoder, sorted(words.values()), where)


def _embedding_rows(encoder: Encoder, where: str) -> int:
    try:
        return input_embedding(encoder.model).num_embeddings
    except (TypeError, NotImplementedError) as error:
        raise Corrupt(
            f"{type(encoder.model).__name__} does not look up its tokens in one matrix: {error}",
            where=where,
            hint="Use an encoder with an embedding matrix of its vocabulary.",
        ) from error


def _special_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids of tokens that no ordinary text gives."""
    special = set(tokenizer.all_special_ids)
    for token_id, token in tokenizer.added_tokens_decoder.items():
        if token.special:
            special.add(token_id)
    return special


def _check_ids(vocabulary: dict[str, int], words: dict[str, int], rows: int, where: str) -> None:
    """Every word must have a row."""
    beyond = [token for token, i in words.items() if i >= rows]
    if beyond:
        raise Corrupt(
            f"{len(beyond)} of the tokenizer's {len(vocabulary):,} tokens have no row in the "
            f"model's embedding matrix of {rows:,} rows, such as {beyond[0]!r}",
            where=where,
            hint="If it is another model's tokenizer, copy the files of this model's. If tokens "
            "were added to it, load the model with transformers, call "
            "model.resize_token_embeddings(len(tokenizer)), and save it.",
        )


def _warn_of_special_tokens(vocabulary: dict[str, int], rows: int) -> None:
    """Special tokens without a row are replaced (`tokens`). Gemma's tokenizer has one."""
    special = [token for token, i in vocabulary.items() if i >= rows]
    if special:
        logger.warning(
            "special tokens of the tokenizer have no row in the embedding matrix: %s. Text that "
            "contains one gets the unknown or the padding token in its place",
            ", ".join(map(repr, special[:3])),
        )


def _check_unused_rows(tokens: int, rows: int, where: str) -> None:
    if rows - tokens > max(MAX_UNUSED_ROWS, MAX_UNUSED_SHARE * rows):
        raise Corrupt(
            f"the tokenizer has {tokens:,} tokens and the model's embedding matrix {rows:,} rows: "
            "it is the tokenizer of another vocabulary",
            where=where,
            hint="Copy the tokenizer's files from the original model.",
        )


def _check_padding(encoder: Encoder, where: str) -> None:
    """RoBERTa and its kin count positions from the padding token's id."""
    start = first_position(encoder.model)
    pad_id = encoder.tokenizer.pad_token_id
    if start and start != pad_id + 1:
        raise Corrupt(
            f"the tokenizer's padding token {encoder.tokenizer.pad_token!r} has id {pad_id}, and "
            f"the model's is {start - 1}: it is the tokenizer of another vocabulary",
            where=where,
            hint="Copy the tokenizer's files from the original model.",
        )


def _check_knows_words(encoder: Encoder, word_ids: list[int], where: str) -> None:
    """Text, and the tokenizer's own words, must not all be unknown to it."""
    step = max(1, len(word_ids) // WORDS_TRIED)
    words = [str(encoder.tokenizer.decode([i])).strip() for i in word_ids[::step]]
    texts = [*SAMPLES, *filter(None, words)]
    if unknown_share(encoder, texts) == 1:
        raise Corrupt(
            f"the tokenizer knows no words: every text is {encoder.tokenizer.unk_token!r}",
            where=where,
            hint="Copy the tokenizer's files from the original model.",
        )


def check_reads(encoder: Encoder, texts: Sequence[str], language: str, side: Side) -> None:
    """Check that the tokenizer knows the text of a language, and warn if it knows little of it.

    Raises:
        DataError: if every token is unknown.
    """
    share = unknown_share(encoder, texts, side)
    if share == 1:
        raise DataError(
            f"the encoder cannot read this language: every token of {len(texts)} texts is "
            f"{encoder.tokenizer.unk_token!r}",
            where=f"languages.{language}",
            hint="Use an encoder whose vocabulary has the script of this language.",
        )
    if share > UNKNOWN_SHARE_TO_WARN_OF:
        logger.warning(
            "the encoder reads %s badly: %.0f%% of the tokens are %r, which all look the same "
            "to it. Use an encoder whose vocabulary has the script of this language",
            language,
            100 * share,
            encoder.tokenizer.unk_token,
        )


def unknown_share(encoder: Encoder, texts: Sequence[str], side: Side = "source") -> float:
    """Share of unknown tokens in texts, in [0, 1], without special tokens and the prompt."""
    unknown = encoder.tokenizer.unk_token_id
    if unknown is None:
        return 0.0
    special = set(encoder.tokenizer.all_special_ids) - {unknown}
    (empty,) = encoder.tokenize([""], side=side)
    prompt = sum(1 for i in empty if i not in special)
    total = 0
    count = 0
    for row in encoder.tokenize(list(texts), side=side):
        tokens = [i for i in row if i not in special][prompt:]
        total += len(tokens)
        count += tokens.count(unknown)
    return count / total if total else 0.0
