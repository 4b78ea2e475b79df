"""`python -m alignment.training JOB.json`: the training process, which torchrun can start too.

It ends when the process that waits for it ends, and writes what went wrong to `error.json`.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from pathlib import Path

from alignment.errors import AlignmentError
from alignment.training.job import ERROR, WARNINGS, Job
from alignment.training.messages import WarningsFile, write_error

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job of the first argument. 0: done; 1: failed, and `error.json` is written."""
    job = Job.read(Path(sys.argv[1]))
    _end_with(job.parent)
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("alignment").addHandler(WarningsFile(job.scratch / WARNINGS))
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    from alignment.training.run import run

    try:
        run(job)
    except AlignmentError as error:
        write_error(job.scratch / ERROR, error)
        return 1
    return 0


def _end_with(parent: int) -> None:
    """Ask the kernel (Linux) to kill this process when the waiting thread ends, however it ends."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if "RANK" not in os.environ and os.getppid() != parent:  # the parent ended before the request
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
