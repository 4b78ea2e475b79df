"""Returns freed memory to the operating system."""

from __future__ import annotations

import ctypes
import gc
import sys


def release() -> None:
    """Collect garbage and return free pages; batches of many sizes fragment glibc's heap."""
    gc.collect()
    trim()


def trim() -> None:
    """Return free pages without collecting garbage; does nothing without glibc's `malloc_trim`."""
    if sys.platform != "linux":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
