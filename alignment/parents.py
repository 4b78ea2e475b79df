"""Processes that end with the one that started them, however that one ends."""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int | None, signal_number: int) -> None:
    """Let the kernel send this process a signal when the thread that started it ends; Linux only.

    Args:
        parent: Process id of the parent, which may have ended before the kernel was asked; None if
            there is a process in between.
        signal_number: Which signal.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal_number)
