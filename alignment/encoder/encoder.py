"""An encoder: text in, unit vectors out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.encoder.padding import Pooling, batches_of_similar_length, embed, pad, pool
from alignment.encoder.vector_cache import VectorCache
from alignment.errors import Corrupt

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Activations of 1,024 tokens fit a CPU's cache: 1.8 times the rate of 8,192.
BATCH_TOKENS = {"cpu": 1024, "cuda": 32_768}
# One batch at a time in the whole process, whichever encoder it is for: torch uses every core.
_COMPUTE_LOCK = threading.Lock()


@dataclass(frozen=True)
class Settings:
    """What turns a transformers model into an encoder; saved with the model as `encoder.json`."""

    prefix: str = ""
    """Put before each text, as in "query: " for E5."""
    max_tokens: int = 128
    """Longer texts are cut, special tokens included."""
    pooling: Pooling = "mean"
    """The mean of the token vectors, or the first ("cls") token's."""


@dataclass(frozen=True)
class Encoder:
    """A transformers model with its tokenizer and settings: texts in, unit vectors out.

    `load_encoder` reads one from a directory. Threads may share an encoder.

    Examples:
        >>> from alignment.config import ScratchEncoder
        >>> from alignment.encoder.scratch import scratch_encoder
        >>> sizes = ScratchEncoder(
        ...     source="scratch", vocab_size=100, hidden_size=32, num_layers=1, num_heads=2
        ... )
        >>> model, tokenizer = scratch_encoder(["good morning", "bore da"], sizes, seed=1)
        >>> encoder = Encoder(model, tokenizer, Settings())
        >>> vectors = encoder.encode(["good morning", "bore da", "good morning"])
        >>> vectors.shape, vectors.dtype
        ((3, 32), dtype('float32'))
        >>> (vectors @ vectors.T).diagonal().round(3).tolist()
        [1.0, 1.0, 1.0]
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    _cache: VectorCache = field(default_factory=VectorCache, repr=False, compare=False)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Turn texts into L2-normalized float32 vectors (n, dim), in the order of `texts`.

        Each distinct text is encoded once, in batches of similar length, and its vector is kept
        for later calls (`VectorCache`). The settings' prefix is put before each text.

        Raises:
            TypeError: if `texts` is a single string.
            Corrupt: if the model gives NaN or infinite values.
        """
        if isinstance(texts, str):
            raise TypeError("encode takes a list of texts, got one string: pass [text]")
        with _COMPUTE_LOCK:
            vectors = self._cache.lookup(texts, lambda missing: self._run(missing, embed))
            rows = [vectors[text] for text in texts]
            return np.array(rows, np.float32).reshape(len(texts), self.dim)

    def pool(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 vectors (n, dim) before the normalization; none is kept.

        Raises:
            Corrupt: if the model gives NaN or infinite values.
        """
        with _COMPUTE_LOCK:
            return self._run(texts, pool)

    def clear_cache(self) -> None:
        """Drop the vectors of earlier calls; needed after a change of the model's weights."""
        self._cache.clear()

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text with its prefix and special tokens, cut to the length limit."""
        prefixed = [self.settings.prefix + text for text in texts]
        encoded = self.tokenizer(prefixed, truncation=True, max_length=self.settings.max_tokens)
        return list(encoded["input_ids"])

    def _run(
        self, texts: Sequence[str], function: Callable[..., torch.Tensor]
    ) -> NDArray[np.float32]:
        """Vectors (n, dim) by `function`, which is `embed` or `pool`."""
        rows = self.tokenize(texts) if texts else []
        vectors = np.empty((len(texts), self.dim), np.float32)
        lengths = [len(row) for row in rows]
        device = self.model.device
        budget = BATCH_TOKENS.get(device.type, 1024)
        with torch.inference_mode():
            for indices in batches_of_similar_length(lengths, budget):
                batch = pad([rows[i] for i in indices], self.tokenizer.pad_token_id)
                inputs = (batch.ids.to(device), batch.attention_mask.to(device))
                output = function(self.model, *inputs, self.settings.pooling)
                vectors[indices] = output.cpu().numpy()
        if not np.isfinite(vectors).all():
            raise Corrupt(
                "the encoder gives NaN or infinite vectors",
                hint="Its weights are damaged or its training diverged. Use an earlier version.",
            )
        return vectors
