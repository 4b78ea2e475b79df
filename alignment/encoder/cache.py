"""Loaded encoders that the process keeps between stages."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from alignment import memory

if TYPE_CHECKING:
    from alignment.encoder.device import Precision
    from alignment.encoder.encoder import Encoder


class EncoderCache:
    """The most recently used encoders. A base encoder takes 0.5 GB."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        # Least recently used first.
        self._encoders: dict[tuple[Path, Precision, bool], Encoder] = {}
        # Two threads would load an encoder twice, and transformers' lazy imports are not
        # thread-safe.
        self._lock = threading.Lock()

    def get(self, path: Path, precision: Precision, *, trust_remote_code: bool = False) -> Encoder:
        """The encoder of a directory, loaded at the first call, on the fastest device."""
        with self._lock:
            key = (path, precision, trust_remote_code)
            encoder = self._encoders.pop(key, None)
            if encoder is None:
                self._drop_oldest()
                encoder = _load(path, precision, trust_remote_code=trust_remote_code)
            self._encoders[key] = encoder
            return encoder

    def clear(self) -> None:
        """Drop all encoders."""
        with self._lock:
            self._encoders.clear()

    def _drop_oldest(self) -> None:
        while len(self._encoders) >= self.capacity:
            del self._encoders[next(iter(self._encoders))]


# One per process: stages are plain functions that run one after the other and share the encoder.
_CACHE = EncoderCache(capacity=2)


def cached_encoder(
    path: Path, precision: Precision = "fp32", *, trust_remote_code: bool = False
) -> Encoder:
    """The encoder of a directory on the fastest device, kept in memory for the next call.

    `trust_remote_code` allows it to run Python code that comes with it.

    Raises:
        Missing: if the directory is not an encoder.
        Corrupt: if it cannot be loaded.
    """
    return _CACHE.get(path, precision, trust_remote_code=trust_remote_code)


def clear_encoders() -> None:
    """Drop the encoders in memory and return the memory to the system, which training needs."""
    _CACHE.clear()
    memory.release()


def _load(path: Path, precision: Precision, *, trust_remote_code: bool) -> Encoder:
    from alignment.encoder.directory import load_encoder  # torch

    return load_encoder(path, precision=precision, trust_remote_code=trust_remote_code)
