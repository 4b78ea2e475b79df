"""A small encoder from nothing: SentencePiece pieces of the corpus, random weights. For smoke runs."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from alignment.config import ScratchEncoder
from alignment.encoder.sentencepiece import unigram_tokenizer
from alignment.errors import EmptyCorpus

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast


def scratch_encoder(
    texts: Iterable[str], config: ScratchEncoder, seed: int
) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """A tokenizer trained on `texts` and a randomly initialized BERT-shaped model; the same for the same seed.

    Raises:
        EmptyCorpus: if there is no text to train the tokenizer on.
    """
    import torch
    from transformers import BertConfig, BertModel

    pieces, charsmap = _pieces(texts, config.vocab_size)
    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    tokenizer = unigram_tokenizer(pieces, charsmap, max_length=config.max_tokens, **special)
    torch.manual_seed(seed)
    model: BertModel = BertModel(
        BertConfig(
            vocab_size=len(pieces),
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_layers,
            num_attention_heads=config.num_heads,
            intermediate_size=4 * config.hidden_size,
            max_position_embeddings=config.max_tokens,
            type_vocab_size=1,
            pad_token_id=1,
        ),
        add_pooling_layer=False,
    )
    model.eval()
    return model, tokenizer


def _pieces(texts: Iterable[str], vocabulary: int) -> tuple[list[tuple[str, float]], bytes]:
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocabulary,
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
        raise EmptyCorpus(
            f"SentencePiece cannot train a tokenizer on this text: {str(error).splitlines()[0][:200]}",
            where="encoder",
            hint="Raise encoder.vocab_size, or give it more text.",
        ) from error
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    return pieces, bytes(proto.normalizer_spec.precompiled_charsmap)
