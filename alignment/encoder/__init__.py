"""Encoders: bring one in, encode text with it, and save it for others to load."""

import os

# oneDNN keeps a compiled kernel with its scratch memory for each shape of matrix, a thousand of them
# by default. Batches of texts have ever new shapes: 24 training steps held 2.9 GB instead of 2.3, at
# the same speed. It reads these when torch first multiplies.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
os.environ.setdefault("LRU_CACHE_CAPACITY", "16")
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder, Precision


def load_encoder(
    path: str | Path, *, device: str | None = None, precision: "Precision" = "fp32"
) -> "Encoder":
    """Load an encoder directory.

    >>> import alignment
    >>> encoder = alignment.load_encoder("workspace/registry/smoke/champion")
    >>> encoder.encode(["Good morning", "Buenos días"]).shape
    (2, 64)
    """
    from alignment.encoder.encoder import fastest_device, load

    return load(Path(path), precision=precision, device=device or fastest_device())
