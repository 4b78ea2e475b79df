"""Give freed memory back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys


def release() -> None:
    """Collect garbage and, with glibc, return free pages: batches of many sizes fragment its heap."""
    gc.collect()
    trim()


def trim() -> None:
    """Return free pages only."""
    if sys.platform == "linux":
        getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)(0)
