"""Encoders that the process keeps loaded between stages."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from alignment import memory

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder, Precision

_loading = threading.Lock()


def cached_encoder(path: Path, precision: Precision = "fp32") -> Encoder:
    """An encoder, kept in memory for the next language (a base encoder is 0.5 GB).

    One thread at a time: two would load it twice, and transformers' lazy imports do not stand it.
    """
    with _loading:
        return _load(path, precision)


def forget_encoders() -> None:
    """Let go of the encoders in memory."""
    _load.cache_clear()


@functools.lru_cache(maxsize=2)
def _load(path: Path, precision: Precision) -> Encoder:
    from alignment.encoder.encoder import fastest_device, load

    return load(path, precision=precision, device=fastest_device())


def release_encoders() -> None:
    """Let go of loaded encoders: training needs the memory."""
    forget_encoders()
    memory.release()
