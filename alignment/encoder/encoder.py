"""An encoder: texts to unit vectors. Load it from a directory, encode with it.

A directory of ours is a transformers directory with `encoder.json` beside: the prefix, the pooling
and the length limit, so that a vector never depends on what a caller remembers to pass.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from alignment.errors import Corrupt, Missing

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)

Pooling = Literal["mean", "cls"]
Precision = Literal["bf16", "fp32"]
SETTINGS = "encoder.json"
# Activations of 1,024 tokens fit a processor's cache: 1.8 times the rate of 8,192.
BATCH_TOKENS = {"cpu": 1024, "cuda": 32_768}
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
MEMO_TEXTS = 65_536  # vectors kept in memory, 100 MB at dimension 384: the pivot side recurs in every language
EMULATED = "bf16 is emulated on this processor and many times slower than fp32: leave the precision out, or set fp32"
_lock = threading.Lock()  # torch uses every core by itself: one batch at a time is fastest


@dataclass(frozen=True)
class Settings:
    """What turns a transformers model into an encoder."""

    prefix: str = ""
    max_tokens: int = 128
    pooling: Pooling = "mean"


@dataclass(frozen=True)
class Encoder:
    """A transformers model with its tokenizer and settings."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    settings: Settings
    _memo: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.model.config.hidden_size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """L2-normalized float32 vectors, (n, dim), in the order of `texts`.

        Each distinct text is encoded once, in batches of like lengths, and remembered.

        Raises:
            Corrupt: if the model gives NaN or infinite values.
        """
        with _lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._memo]
            if len(self._memo) + len(new) > MEMO_TEXTS:
                self._memo.clear()
                new = list(dict.fromkeys(texts))
            self._memo.update(zip(new, self._each(new, embed), strict=True))
            return np.array([self._memo[text] for text in texts], np.float32).reshape(
                len(texts), self.dim
            )

    def pooled(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Float32 vectors (n, dim) as the model gives them, not normalized and not remembered.

        Raises:
            Corrupt: if the model gives NaN or infinite values.
        """
        with _lock:
            return self._each(texts, pooled)

    def forget(self) -> None:
        """Let go of the remembered vectors."""
        self._memo.clear()

    def _each(
        self, texts: Sequence[str], function: Callable[..., torch.Tensor]
    ) -> NDArray[np.float32]:
        """What `embed` or `pooled` makes of each text (n, dim), in batches of like lengths."""
        rows = self.tokenize(texts) if texts else []
        vectors = np.empty((len(texts), self.dim), np.float32)
        with torch.inference_mode():
            device = self.model.device
            for indices in batches_of_like_length(
                [len(row) for row in rows], BATCH_TOKENS.get(device.type, 1024)
            ):
                ids, mask = pad([rows[i] for i in indices], self.tokenizer.pad_token_id)
                vectors[indices] = (
                    function(self.model, ids.to(device), mask.to(device), self.settings.pooling)
                    .cpu()
                    .numpy()
                )
        if not np.isfinite(vectors).all():
            raise Corrupt(
                "the encoder gives NaN or infinite vectors",
                hint="Its weights are damaged or its training diverged.",
            )
        return vectors

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text with its prefix and special tokens, cut to the length limit."""
        prefixed = [self.settings.prefix + text for text in texts]
        encoded = self.tokenizer(prefixed, truncation=True, max_length=self.settings.max_tokens)
        return list(encoded["input_ids"])


def embed(
    model: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor, pooling: Pooling = "mean"
) -> torch.Tensor:
    """Pooled unit vectors (n, dim) in float32 of token ids and mask, both (n, length)."""
    return torch.nn.functional.normalize(pooled(model, ids, mask, pooling), dim=-1)


def pooled(
    model: torch.nn.Module, ids: torch.Tensor, mask: torch.Tensor, pooling: Pooling = "mean"
) -> torch.Tensor:
    """The same, not normalized."""
    hidden: torch.Tensor = model(
        input_ids=ids, attention_mask=mask
    ).last_hidden_state.float()  # (n, length, dim)
    if pooling == "cls":
        return hidden[:, 0]
    weights = mask.unsqueeze(-1).float()
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both (n, longest)."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad_id)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids, mask


def batches_of_like_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in batches of at most `budget` padded tokens (at least one text), longest first."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        size = max(1, budget // max(lengths[order[start]], 1))
        yield order[start : start + size]
        start += size


def load(path: Path, *, precision: Precision = "fp32", device: str = "cpu") -> Encoder:
    """Load an encoder directory: safetensors only, no code of the model's own, eval mode.

    In bf16 a vector's cosine to the one in fp32 is 0.9999 or above for nearly every text; one of 2,000 stood at 0.998
    (docs/experiments.md). Pooling is in fp32 all the same. Where there is no bf16 (`has_bf16`) it is honoured, with a warning.

    Raises:
        Missing: if it is not there or not an encoder.
        Corrupt: if transformers cannot read it.
    """
    from transformers import AutoModel, AutoTokenizer

    if not (path / "config.json").is_file():
        raise Missing(
            "not an encoder directory: there is no config.json",
            where=str(path),
            hint="It needs config.json, model.safetensors and the tokenizer's files.",
        )
    if precision == "bf16" and not has_bf16(device):
        logger.warning("%s", EMULATED)
    _quiet()
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModel.from_pretrained(
            path, local_files_only=True, use_safetensors=True, dtype=DTYPES[precision]
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise Corrupt(
            f"the encoder cannot be loaded: {str(error).splitlines()[0]}", where=str(path)
        ) from error
    return Encoder(model.eval().to(device), tokenizer, read_settings(path))


def fastest_device() -> str:
    """Where texts are encoded fastest: on a GPU if there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def has_bf16(device: str) -> bool:
    """Whether the device multiplies in bf16 by itself."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _quiet() -> None:
    """No progress bars, and no report of a missing pooler, which nobody uses."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()


def save(
    path: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: Settings
) -> None:
    """Write an encoder directory that `load`, transformers and sentence-transformers read."""
    from alignment.encoder.export import write_sentence_transformers_files

    _quiet()
    model.save_pretrained(path, safe_serialization=True)
    tokenizer.save_pretrained(path)
    (path / SETTINGS).write_text(json.dumps(asdict(settings), indent=2) + "\n")
    write_sentence_transformers_files(
        path, settings.prefix, settings.max_tokens, settings.pooling, model.config.hidden_size
    )


def read_settings(path: Path) -> Settings:
    """`encoder.json` where there is one, else what the sentence-transformers files say, else defaults."""
    own = path / SETTINGS
    if own.is_file():
        return Settings(**json.loads(own.read_text()))
    pooling = path / "1_Pooling" / "config.json"
    cls = pooling.is_file() and json.loads(pooling.read_text()).get("pooling_mode_cls_token", False)
    return Settings(pooling="cls" if cls else "mean")
