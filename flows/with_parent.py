"""`python -m flows.with_parent COMMAND ...` becomes the command, and ends when its parent ends.

A process that is killed cannot stop the ones that it started. On Linux the system does it: they get
SIGTERM. Elsewhere they stay.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "ALIGNMENT_PARENT"
_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    """Become the command."""
    parent = int(os.environ.pop(PARENT, "0"))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent and os.getppid() != parent:  # it ended before the system could be told
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
