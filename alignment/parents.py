"""Processes that end with the one that started them, however that one ends.

`python -m alignment.parents COMMAND ...` becomes the command, and ends when its parent ends: a
process that is killed cannot stop the ones that it started. On Linux the system does it: they get
SIGTERM. Elsewhere they stay.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "ALIGNMENT_PARENT"
"""The environment variable with the process id of the parent."""
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


def _become(command: list[str]) -> None:
    parent = os.environ.pop(PARENT, None)
    end_with_parent(int(parent) if parent else None, signal.SIGTERM)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _become(sys.argv[1:])
