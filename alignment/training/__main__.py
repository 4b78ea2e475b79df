"""`python -m alignment.training JOB.json`: the training process, which torchrun can start too.

It ends when the process that waits for it ends, and writes what went wrong to `error.json`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
from pathlib import Path

from alignment.errors import AlignmentError
from alignment.failures import explained, is_disk_full, is_out_of_memory
from alignment.parents import end_with_parent
from alignment.training.job import DISK_FULL, ERROR, OUT_OF_MEMORY, WARNINGS, Job
from alignment.training.messages import WarningsFile, write_error


def main() -> int:
    """Run the job of the first argument.

    Returns 0 if it is done, 1 if it failed and `error.json` says why, or `DISK_FULL` or
    `OUT_OF_MEMORY` if that file could not be written either.
    """
    job = Job.read(Path(sys.argv[1]))
    _end_with(job.parent)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        logging.basicConfig(level=logging.INFO)
        logging.getLogger("alignment").addHandler(WarningsFile(job.scratch / WARNINGS))
        from alignment.training.run import run

        run(job)
    except Exception as error:  # the process that waits must learn the reason
        if not isinstance(error, AlignmentError):
            with contextlib.suppress(OSError):  # the log may be on a full disk
                traceback.print_exc()
        return _failed(job, error)
    return 0


def _failed(job: Job, error: Exception) -> int:
    """Tell the process that waits, by a file or at least by the exit code."""
    try:
        write_error(job.scratch / ERROR, explained(error, "train", directory=job.scratch))
    except (OSError, MemoryError) as unwritable:
        full = is_disk_full(error) or is_disk_full(unwritable)
        return DISK_FULL if full and not is_out_of_memory(error) else OUT_OF_MEMORY
    return 1


def _end_with(parent: int) -> None:
    """End with the thread that waits; under torchrun its process is not the parent."""
    end_with_parent(None if "RANK" in os.environ else parent, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
