"""What each process of a training on a Ray cluster does. It imports neither ray nor torch."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from alignment.errors import AlignmentError
from alignment.pipeline.cluster.connection import check_versions
from alignment.pipeline.cluster.task import look_around
from alignment.store import Store
from alignment.store.mirrors import SharedScratch
from alignment.training.job import (
    BEST,
    CHECKPOINTS,
    ERROR,
    LOG,
    PLAN,
    PROGRESS,
    TENSORBOARD,
    WARNINGS,
    Job,
)
from alignment.training.process import perform
from alignment.training.resume import DIGESTS, step_of
from alignment.types import Input
from alignment.workers import limit_cpus

OUTPUT = "output"
"""Where the trained encoder is in the shared scratch directory."""
LAST = (ERROR, WARNINGS, PROGRESS, PLAN, LOG, TENSORBOARD)
"""What is sent when the training has ended."""
STARTED = "started"
SEND_SECONDS = 1.0
_FETCH_LOCK = ".fetch.lock"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """A training, as it is sent to its workers: paths and digests, no rows."""

    job: Job
    cpus: int
    """Cores of each process."""
    store: Store
    versions: Mapping[str, str]
    """`installed_versions` of the driver."""
    run: str
    """A name that no other training has, by which workers know that they were started before."""

    def shared_scratch(self) -> SharedScratch | None:
        """The job's scratch directory in the place that machines share; None: it is one folder."""
        if self.store.mirror is None:
            return None
        return self.store.mirror.scratch(self.store.scratch(self.job.scratch.name))

    def bring_inputs(self) -> None:
        """Take the artifacts that this machine lacks."""
        if self.store.mirror is None:
            return
        inputs = {}
        for path in (self.job.triplets, self.job.tokens, self.job.encoder, self.job.teacher):
            _, key, *_ = path.relative_to(self.store.root).parts
            inputs[str(path)] = Input("", path, key)
        self.store.mirror.bring(inputs)


def train_worker(settings: dict[str, Any]) -> None:
    """Train as the job of `settings["work"]` says, together with the other processes.

    Raises:
        ConfigError: if this machine has other versions than the driver.
        RuntimeError: if it failed; the reason is in the files of the job.
    """
    work: Work = settings["work"]
    job = work.job
    check_versions(look_around(None), work.versions)  # the machine may have joined meanwhile
    limit_cpus(work.cpus)
    job.scratch.mkdir(parents=True, exist_ok=True)
    shared = work.shared_scratch()
    if shared is not None:
        job = _prepared(work, shared)
    is_first = os.environ["RANK"] == "0"
    # What the others do does not depend on how often they were started.
    restarts = int(not is_first or _was_started(work, shared))
    with contextlib.ExitStack() as meanwhile:
        if is_first:
            meanwhile.enter_context(_log_file(job.scratch / LOG))
        if is_first and shared is not None:
            meanwhile.enter_context(_sending(job, shared))
        code = perform(job, restarts=restarts)
    if shared is not None and (is_first or code):
        shared.send(*LAST)
        if not code:
            shared.send(OUTPUT)
    if code:
        raise RuntimeError(f"process {os.environ['RANK']} of the training failed")


def _prepared(work: Work, shared: SharedScratch) -> Job:
    """The job with its inputs, and what was done of it, on this machine."""
    job = work.job
    with FileLock(job.scratch / _FETCH_LOCK):  # one process of this machine
        shared.fetch()
        work.bring_inputs()
    return job.model_copy(update={"output": job.scratch / OUTPUT})


def _was_started(work: Work, shared: SharedScratch | None) -> bool:
    """Whether this training was started before and has lost a process since; it is now."""
    path = work.job.scratch / STARTED
    if path.is_file() and path.read_text() == work.run:
        return True
    path.write_text(work.run)
    if shared is not None:
        shared.send(STARTED)
    return False


@contextlib.contextmanager
def _log_file(path: Path) -> Iterator[None]:
    """Write what this process logs to a file, too."""
    handler = logging.FileHandler(path)
    package = logging.getLogger("alignment")
    level = package.level
    package.addHandler(handler)
    package.setLevel(logging.INFO)
    try:
        yield
    finally:
        package.removeHandler(handler)
        package.setLevel(level)
        handler.close()


@contextlib.contextmanager
def _sending(job: Job, shared: SharedScratch) -> Iterator[None]:
    """Send the steps and the checkpoints meanwhile."""
    over = threading.Event()
    thread = threading.Thread(target=_send_all, args=(job, shared, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _send_all(job: Job, shared: SharedScratch, over: threading.Event) -> None:
    sent: dict[str, int] = {}
    while not over.wait(SEND_SECONDS):
        try:
            _send_news(job, shared, sent)
        except AlignmentError as error:  # it is sent with what comes next
            logger.warning("train: the object store does not take the checkpoint: %s", error)


def _send_news(job: Job, shared: SharedScratch, sent: dict[str, int]) -> None:
    """Send what is new since the last call, in which `sent` gets the sizes of files and the step.

    The progress comes before the checkpoint, which says how it must begin, and the digests come
    before the files that must have them: what is cut short is not taken for a whole checkpoint.
    """
    for name in (PROGRESS, WARNINGS):
        path = job.scratch / name
        size = path.stat().st_size if path.is_file() else 0
        if size > sent.get(name, 0):
            shared.send(name)
            sent[name] = size
    checkpoints = job.scratch / CHECKPOINTS
    whole = [path.parent for path in checkpoints.glob(f"checkpoint-*/{DIGESTS}")]
    newest = max(whole, key=step_of, default=None)
    if newest is None or step_of(newest) <= sent.get(CHECKPOINTS, 0):
        return
    if (job.scratch / BEST).is_file():
        shared.send(BEST)
    files = {f"{CHECKPOINTS}/{newest.name}/{path.name}" for path in newest.iterdir()}
    digests = f"{CHECKPOINTS}/{newest.name}/{DIGESTS}"
    shared.send(digests)
    shared.send(*sorted(files - {digests}))
    sent[CHECKPOINTS] = step_of(newest)
    older = set()
    for name in shared.names():
        folder, _, rest = name.partition("/")
        checkpoint = rest.partition("/")[0]
        if folder == CHECKPOINTS and checkpoint != newest.name:
            older.add(f"{CHECKPOINTS}/{checkpoint}")
    shared.delete(*sorted(older))
