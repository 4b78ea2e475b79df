"""SentencePiece unigram pieces as a transformers tokenizer, and the normalization map they need."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def unigram_tokenizer(
    pieces: list[tuple[str, float]], charsmap: bytes, *, max_length: int, **special: str
) -> PreTrainedTokenizerFast:
    """A fast tokenizer over unigram `pieces` that frames text as `<s> text </s>`.

    Args:
        pieces: Piece and log probability, by token id.
        charsmap: SentencePiece's compiled normalization map.
        max_length: Length limit in tokens, special tokens included.
        **special: bos_token, eos_token, pad_token, unk_token and optionally mask_token; each must
            be one of the pieces.
    """
    from tokenizers import (
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )
    from transformers import PreTrainedTokenizerFast

    ids = {piece: i for i, (piece, _) in enumerate(pieces)}
    bos = special["bos_token"]
    eos = special["eos_token"]
    unknown = ids[special["unk_token"]]
    steps = [
        normalizers.Precompiled(charsmap),
        normalizers.Strip(),
        normalizers.Replace(Regex(" {2,}"), " "),
    ]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, ids[bos]), (eos, ids[eos])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=max_length, **special
    )


@functools.cache
def nmt_nfkc_charsmap() -> bytes:
    """SentencePiece's compiled nmt_nfkc map, which XLM-RoBERTa uses.

    SentencePiece puts the map into each model that it trains, so training on one word gives it.
    """
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["ab"]),
        model_writer=model,
        vocab_size=8,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)
