"""`python -m alignment.training JOB.json`: a training process, which torchrun can start too.

It ends when the process that waits for it ends, and writes what went wrong to `error.json`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path

from alignment.parents import end_with_parent
from alignment.training.job import Job
from alignment.training.process import perform


def main() -> int:
    """Run the job of the first argument; returns what `perform` does."""
    job = Job.read(Path(sys.argv[1]))
    _end_with(job.parent)
    logging.basicConfig(level=logging.INFO)
    return perform(job, restarts=int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")))


def _end_with(parent: int) -> None:
    """End with the thread that waits; under torchrun its process is not the parent."""
    end_with_parent(None if "RANK" in os.environ else parent, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
