"""`python -m alignment.training.agent JOB.json`: a training of several processes on this machine.

It is what `torchrun --standalone` is, started from the job. If a process is lost, all start again
from the last checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from alignment.parents import end_with_parent
from alignment.training.job import PEER_LOST, Job
from alignment.workers import available_cpus

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

MAX_RESTARTS = 3
"""How often training starts again after a process was lost, on a cluster too."""


def main() -> int:
    """Run the job of the first argument; end as the first process that failed did."""
    path = Path(sys.argv[1])
    job = Job.read(path)
    end_with_parent(job.parent, signal.SIGKILL)
    threads = max(1, available_cpus() // job.train.workers)
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=job.train.workers,
        run_id=uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=MAX_RESTARTS,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "alignment.training", str(path))
    except ChildFailedError as error:
        return _end_as(_first_exit_code(error))
    return 0


def _first_exit_code(error: ChildFailedError) -> int:
    """That of the process that failed first; the others have lost it."""
    failures = sorted(error.failures.values(), key=lambda failure: failure.timestamp)
    codes = [failure.exitcode for failure in failures]
    return next((code for code in codes if code != PEER_LOST), PEER_LOST)


def _end_as(code: int) -> int:
    """The exit code; a negative one is that of a signal, which ends this process too."""
    if code < 0:
        with contextlib.suppress(OSError):  # SIGKILL has no other action
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main())
