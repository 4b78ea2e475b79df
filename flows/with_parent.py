"""`python -m flows.with_parent COMMAND ...` becomes the command, and ends when its parent ends.

A process that is killed cannot stop the ones that it started. On Linux the system does it: they get
SIGTERM. Elsewhere they stay.
"""

from __future__ import annotations

import os
import signal
import sys

from alignment.parents import end_with_parent

PARENT = "ALIGNMENT_PARENT"


def main(command: list[str]) -> None:
    """Become the command."""
    parent = os.environ.pop(PARENT, None)
    end_with_parent(int(parent) if parent else None, signal.SIGTERM)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
