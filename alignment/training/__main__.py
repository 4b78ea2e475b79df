"""`python -m alignment.training JOB.json`: the training process (torchrun starts it just as well).

It dies with the process that waits for it, and says what went wrong in `error.json`.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import sys
from pathlib import Path

from alignment.errors import AlignmentError
from alignment.training.job import ERROR, Job

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job of the first argument; 0 done, 1 failed with `error.json` written."""
    job = Job.read(Path(sys.argv[1]))
    _die_with(job.parent)
    logging.basicConfig(level=logging.INFO)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from alignment.training.trainer import run

    try:
        run(job)
    except AlignmentError as error:
        described = {
            "type": type(error).__name__,
            "message": error.message,
            "where": error.where,
            "hint": error.hint,
        }
        (job.scratch / ERROR).write_text(json.dumps(described))
        return 1
    return 0


def _die_with(parent: int) -> None:
    """Ask the kernel (Linux) to kill this process when the waiting thread ends, however it ends."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if "RANK" not in os.environ and os.getppid() != parent:  # it was gone before we asked
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
