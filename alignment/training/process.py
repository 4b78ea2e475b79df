"""What a training process does, whoever has started it: the job, and what is left in its files."""

from __future__ import annotations

import contextlib
import logging
import os
import traceback

from alignment.errors import AlignmentError
from alignment.failures import explained, is_disk_full, is_failure, is_out_of_memory
from alignment.training.job import DISK_FULL, ERROR, OUT_OF_MEMORY, PEER_LOST, WARNINGS, Job
from alignment.training.messages import WarningsFile, write_error

logger = logging.getLogger("alignment.training")


class PeerLost(Exception):
    """Another process of the training has ended: whatever the reason is, it is not here."""


def perform(job: Job, *, restarts: int = 0) -> int:
    """Run the job, and write what went wrong to `error.json`.

    Args:
        job: What to train.
        restarts: How often its processes have been started again after one of them ended.

    Returns:
        0 if it is done, 1 if it failed and the file says why, `DISK_FULL` or `OUT_OF_MEMORY` if the
        file could not be written either, `PEER_LOST` if another process has ended.
    """
    if restarts and (job.scratch / ERROR).is_file():
        return 1  # it would end in the same way again
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    package = logging.getLogger("alignment")
    warnings = WarningsFile(job.scratch / WARNINGS)
    is_first = os.environ.get("RANK", "0") == "0"  # all processes have the same warnings
    try:
        if is_first:
            package.addHandler(warnings)
        if is_first and restarts:
            logger.warning(
                "train: a process was lost; all of them continue from the last checkpoint"
            )
        from alignment.training.run import run

        run(job)
    except PeerLost as error:
        logging.getLogger(__name__).info("another process has ended: %s", error)
        return PEER_LOST
    except BaseException as error:  # the process that waits must learn the reason
        if not is_failure(error):
            raise
        if not isinstance(error, AlignmentError):
            with contextlib.suppress(OSError):  # the log may be on a full disk
                traceback.print_exc()
        return _failed(job, error)
    finally:
        package.removeHandler(warnings)
    return 0


def _failed(job: Job, error: BaseException) -> int:
    """Tell the process that waits, by a file or at least by the exit code."""
    try:
        write_error(job.scratch / ERROR, explained(error, "train", directory=job.scratch))
    except (OSError, MemoryError) as unwritable:
        full = is_disk_full(error) or is_disk_full(unwritable)
        return DISK_FULL if full and not is_out_of_memory(error) else OUT_OF_MEMORY
    return 1
