"""An encoder: text in, unit vectors out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.encoder.container import transformer_of
from alignment.encoder.forward import Batch, embed, pool
from alignment.encoder.packing import pack, packs
from alignment.encoder.packing_probe import can_pack, packed_attention
from alignment.encoder.padding import PaddingSide, batches_of_similar_length, pad
from alignment.encoder.parallel_tokens import ParallelTokenizer
from alignment.encoder.prompts import Prompts, Side, chosen_prompts
from alignment.encoder.tokens import prompt_length, token_rows
from alignment.encoder.vector_cache import VectorCache
from alignment.errors import Corrupt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Activations of 1,024 tokens fit a CPU's cache: 1.8 times the rate of 8,192.
BATCH_TOKENS = {"cpu": 1024, "cuda": 32_768}
PACK_TOKENS = 2048
PACK_MULTIPLE = 64
# From this many texts on, comparing some of them costs less than `ParallelTokenizer` saves.
MANY_TEXTS = 256
TOKENIZED_AT_ONCE = 8192
# What packing is tried with, once for each encoder.
_PROBE_TEXTS = (
    "Bore da",
    "Guten Morgen!",
    "The quick brown fox jumps over the lazy dog, and 12,345 others look on.",
)
# One batch at a time in the whole process, whichever encoder it is for: torch uses every core.
_COMPUTE_LOCK = threading.Lock()
# A tokenizer's padding is a setting of the object that all threads share.
_TOKENIZER_LOCK = threading.Lock()


@dataclass(frozen=True)
class Encoder:
    """A sentence-transformers model with a faster way to the same vectors.

    `load_encoder` reads one from a directory. Threads may share an encoder.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from alignment.config import ScratchEncoder
        >>> from alignment.encoder.container import new_container
        >>> from alignment.encoder.scratch import scratch_encoder
        >>> sizes = ScratchEncoder(
        ...     source="scratch", vocab_size=100, hidden_size=32, num_layers=1, num_heads=2
        ... )
        >>> model, tokenizer = scratch_encoder(["good morning", "bore da"], sizes, seed=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     encoder = Encoder(new_container(model, tokenizer, 64, Path(folder)))
        >>> vectors = encoder.encode(["good morning", "bore da", "good morning"])
        >>> vectors.shape, vectors.dtype
        ((3, 32), dtype('float32'))
        >>> (vectors @ vectors.T).diagonal().round(3).tolist()
        [1.0, 1.0, 1.0]
    """

    container: SentenceTransformer
    """Its modules, prompts and tokenizer."""
    pack: bool = True
    """Encode texts without padding on a CPU, if that gives the same vectors."""
    _cache: VectorCache = field(default_factory=VectorCache, repr=False, compare=False)

    @property
    def model(self) -> PreTrainedModel:
        """The transformers model, the first module."""
        return transformer_of(self.container)

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The tokenizer of transformers."""
        tokenizer: PreTrainedTokenizerBase = self.container.tokenizer
        return tokenizer

    @property
    def padding_side(self) -> PaddingSide:
        """Where a batch is filled up."""
        return "left" if self.tokenizer.padding_side == "left" else "right"

    @property
    def dim(self) -> int:
        """Length of a vector, after all modules."""
        full = int(self.container.get_embedding_dimension() or 0)
        return min(full, self.container.truncate_dim or full)

    @property
    def max_tokens(self) -> int:
        """Longer texts are cut, special tokens and prompt included."""
        return int(self.container.max_seq_length or 0)

    @property
    def prompts(self) -> Prompts:
        """What is put before the texts of each side."""
        return chosen_prompts(self.container)

    def encode(
        self,
        texts: Sequence[str],
        *,
        side: Side = "source",
        check: bool = True,
        cache: bool = True,
    ) -> NDArray[np.float32]:
        """Turn texts into L2-normalized float32 vectors (n, dim), in the order of `texts`.

        Each distinct text is encoded once, in batches of similar length, and its vector is kept
        for later calls (`VectorCache`). The vectors are those of `SentenceTransformer.encode`.

        Args:
            texts: At least a list; none gives (0, dim).
            side: Whose prompt is put before each text, if the encoder has two.
            check: Refuse values that are not finite; without it, they are returned.
            cache: Without it, every text is encoded and no vector is kept, so that the batches
                depend on these texts alone and not on earlier calls.

        Raises:
            TypeError: if `texts` is a single string.
            Corrupt: if the model gives NaN or infinite values.
        """
        if isinstance(texts, str):
            raise TypeError("encode takes a list of texts, got one string: pass [text]")
        if not cache:
            with _COMPUTE_LOCK:
                vectors = self._run(texts, side, embed)
            return _finite(vectors) if check else vectors
        prompt = self.prompts.of(side)
        keys = [prompt + text for text in texts]
        with _COMPUTE_LOCK:
            known = self._cache.lookup(
                keys, lambda missing: self._run(_without(prompt, missing), side, embed)
            )
            rows = [known[key] for key in keys]
        array = np.array(rows, np.float32).reshape(len(texts), self.dim)
        return _finite(array) if check else array

    def pool(self, texts: Sequence[str], *, side: Side = "source") -> NDArray[np.float32]:
        """Float32 vectors (n, dim) before the normalization at the end; none is kept.

        Raises:
            Corrupt: if the model gives NaN or infinite values.
        """
        with _COMPUTE_LOCK:
            return _finite(self._run(texts, side, pool))

    def clear_cache(self) -> None:
        """Drop the vectors of earlier calls; needed after a change of the model's weights."""
        self._cache.clear()

    def tokenize(self, texts: Sequence[str], *, side: Side = "source") -> list[list[int]]:
        """Token ids of each text with its prompt and special tokens, cut to the length limit."""
        with _TOKENIZER_LOCK:
            return token_rows(self.container, texts, self.prompts.of(side))

    def prompt_length(self, side: Side = "source") -> int | None:
        """Number of tokens that the pooling leaves out at the start; None if it leaves out none."""
        with _TOKENIZER_LOCK:
            return prompt_length(self.container, self.prompts.of(side))

    def _run(
        self, texts: Sequence[str], side: Side, function: Callable[..., torch.Tensor]
    ) -> NDArray[np.float32]:
        """Vectors (n, dim) by `function`, which is `embed` or `pool`."""
        rows = self._rows(texts, side)
        vectors = np.empty((len(texts), self.dim), np.float32)
        left_out = self.prompt_length(side)
        packed = all(rows) and self._packs
        attention = packed_attention(self.model) if packed else nullcontext()
        with torch.inference_mode(), attention:
            for indices, batch in self._batches(rows, packed=packed):
                output = function(self.container, batch.to(self.model.device), left_out)
                vectors[indices] = output.cpu().numpy()
        return vectors

    def _rows(self, texts: Sequence[str], side: Side) -> list[list[int]]:
        """What `tokenize` gives, in less time if there are many texts."""
        if len(texts) < MANY_TEXTS:
            return self.tokenize(texts, side=side)
        rows: list[list[int]] = []
        with _TOKENIZER_LOCK:
            tokenizer = ParallelTokenizer(self)
            for start in range(0, len(texts), TOKENIZED_AT_ONCE):
                block = texts[start : start + TOKENIZED_AT_ONCE]
                rows += tokenizer.tokenize(block, side=side).rows()
        return rows

    @cached_property
    def _packs(self) -> bool:
        """Whether texts are packed; on a GPU padding is cheap."""
        if not self.pack or self.model.device.type != "cpu":
            return False
        with _TOKENIZER_LOCK:
            rows = token_rows(self.container, _PROBE_TEXTS)
        return can_pack(self.container, rows, self.tokenizer.pad_token_id)

    def _batches(
        self, rows: Sequence[Sequence[int]], *, packed: bool
    ) -> Iterator[tuple[list[int], Batch]]:
        """Which rows are in a batch, and the batch."""
        lengths = [len(row) for row in rows]
        if packed:
            for indices in packs(lengths, PACK_TOKENS):
                yield indices, pack([rows[i] for i in indices], PACK_MULTIPLE)
            return
        budget = BATCH_TOKENS.get(self.model.device.type, 1024)
        for indices in batches_of_similar_length(lengths, budget):
            chosen = [rows[i] for i in indices]
            yield indices, pad(chosen, self.tokenizer.pad_token_id, self.padding_side)


def _finite(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(vectors).all():
        raise Corrupt(
            "the encoder gives NaN or infinite vectors",
            hint="Its weights are damaged or its training diverged. Use an earlier version.",
        )
    return vectors


def _without(prompt: str, texts: Sequence[str]) -> list[str]:
    return [text.removeprefix(prompt) for text in texts]
