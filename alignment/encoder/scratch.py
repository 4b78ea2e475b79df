"""A small encoder with random weights and a tokenizer of the corpus, for smoke runs and tests."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from alignment.config import ScratchEncoder
from alignment.encoder.sentencepiece import unigram_tokenizer
from alignment.errors import EmptyCorpus

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast

_SPECIAL = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}


def scratch_encoder(
    texts: Iterable[str], config: ScratchEncoder, seed: int
) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """Train a tokenizer on `texts` and initialize a small BERT randomly.

    The same texts, configuration and seed give the same tokenizer and weights. The model is in
    eval mode.

    Args:
        texts: Sentences of the corpus, which are read once.
        config: Sizes of the model and of the vocabulary.
        seed: Of the weights.

    Raises:
        EmptyCorpus: if there is no text to train the tokenizer on.
    """
    import torch
    from transformers import BertConfig, BertModel

    pieces, charsmap = _pieces(texts, config.vocab_size)
    tokenizer = unigram_tokenizer(pieces, charsmap, max_length=config.max_tokens, **_SPECIAL)
    architecture = BertConfig(
        vocab_size=len(pieces),
        hidden_size=config.hidden_size,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        intermediate_size=4 * config.hidden_size,
        max_position_embeddings=config.max_tokens,
        type_vocab_size=1,
        pad_token_id=1,
    )
    torch.manual_seed(seed)
    model: BertModel = BertModel(architecture, add_pooling_layer=False)
    model.eval()
    return model, tokenizer


def _pieces(texts: Iterable[str], vocab_size: int) -> tuple[list[tuple[str, float]], bytes]:
    """Unigram pieces with their scores, by token id, and the normalization map that they need."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            character_coverage=1.0,
            normalization_rule_name="nmt_nfkc",
            num_threads=1,
            bos_id=0,
            pad_id=1,
            eos_id=2,
            unk_id=3,
            minloglevel=2,
        )
    except RuntimeError as error:
        reason = str(error).partition("\n")[0][:200]
        raise EmptyCorpus(
            f"SentencePiece cannot train a tokenizer on this text: {reason}",
            where="encoder",
            hint="Raise encoder.vocab_size, or train on more text.",
        ) from error
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    return pieces, bytes(proto.normalizer_spec.precompiled_charsmap)
