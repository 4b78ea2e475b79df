"""The command line in a process of its own that starts in a moment and can be disturbed.

A fork server has imported everything, so a run costs a second or two instead of ten. The processes
are real: they are killed, limited and starved like any other.
"""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil

from alignment import last_words
from alignment.downloads import retry
from alignment.pipeline import cleanup, runner
from alignment.training import __main__ as training
from alignment.training import launch

TIMEOUT = 1200.0
"""Seconds after which a run is taken to hang; one on an idle machine takes ten, on a busy one a
hundred."""
MESSAGE_SECONDS = 60.0
"""In which a killed process has said so."""
_IMPORTED = [
    "alignment.cli.app",
    "alignment.pipeline.run",
    "alignment.report.html",
    "alignment.training.run",
    "tests.soak.process",
]
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.truncate"}


@dataclass(frozen=True)
class Disturbance:
    """What is wrong with the process."""

    die_at: int | None = None
    """The change of a file, from 1, before which the process is killed."""
    die_after: float | None = None
    """Seconds after which the process is killed."""
    training_dies_after: float | None = None
    """Seconds after its start that the training process is killed."""
    more_memory: int | None = None
    """Bytes that the process may allocate; the training process inherits the limit."""
    file_bytes: int | None = None
    """The size that no file may exceed."""
    ballast: Path | None = None
    """A file that fills the disk."""
    stage: str | None = None
    """Where memory, the size of files and the disk become short; None: from the start."""


UNDISTURBED = Disturbance()


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    """Negative: the signal."""
    output: str
    seconds: float
    training_seconds: float
    changes: int
    """Of files, without those by libraries in other languages."""


@dataclass(frozen=True)
class Launcher:
    """Starts processes."""

    context: ForkServerContext = field(
        default_factory=lambda: multiprocessing.get_context("forkserver")
    )

    def __post_init__(self) -> None:
        self.context.set_forkserver_preload(_IMPORTED)

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str],
        how: Disturbance = UNDISTURBED,
    ) -> Ended:
        """Run `alignment ARGUMENTS` until it ends.

        Raises:
            AssertionError: if it does not end.
        """
        changes = self.context.Value("i", 0, lock=False)
        with tempfile.TemporaryDirectory(prefix="soak-") as directory:
            output = Output(Path(directory))
            process = self.context.Process(
                target=_alignment, args=(arguments, output.pipe, dict(env), how, changes)
            )
            started = time.monotonic()
            process.start()
            training_seconds = _watch(process, how, started, output)
            seconds = time.monotonic() - started
            text = output.whole()
        return Ended(process.exitcode or 0, text, seconds, training_seconds, changes.value)


class Output:
    """What a process prints, through a named pipe: a limit on files does not cut it off."""

    def __init__(self, directory: Path) -> None:
        self.pipe = directory / "output"
        os.mkfifo(self.pipe)
        self._open = os.open(self.pipe, os.O_RDWR)  # no end before a writer has come
        self._text = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with self.pipe.open("rb", buffering=0) as pipe:
            while chunk := pipe.read(2**16):
                self._text += chunk

    def so_far(self) -> str:
        """What has been printed."""
        return self._text.decode(errors="replace")

    def whole(self) -> str:
        """All of it; the message about a killed process comes a moment after its end."""
        os.close(self._open)
        self._reader.join(MESSAGE_SECONDS)
        return self.so_far()


def _watch(process: ForkServerProcess, how: Disturbance, started: float, output: Output) -> float:
    """Wait for the end and kill what is to be killed; returns the seconds of training."""
    first_seen = 0.0
    last_seen = 0.0
    while process.exitcode is None:
        now = time.monotonic()
        if now - started > TIMEOUT:
            os.kill(process.pid or 0, signal.SIGUSR1)  # it prints where it is
            process.join(1)
            process.kill()
            process.join()
            raise AssertionError(f"it did not end within {TIMEOUT:g} s\n{output.so_far()}")
        if how.die_after is not None and now - started >= how.die_after:
            process.kill()
        for child in _training(process):
            first_seen = first_seen or now
            last_seen = now
            dies_after = how.training_dies_after
            if dies_after is not None and now - first_seen >= dies_after:
                with contextlib.suppress(psutil.Error):
                    child.kill()
        process.join(0.02)
    return last_seen - first_seen


def _training(process: ForkServerProcess) -> list[psutil.Process]:
    """The training process, if there is one; the first child reports if the run is killed."""
    try:
        # psutil would look at every process of the machine.
        path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        children = [psutil.Process(int(pid)) for pid in path.read_text().split()]
        return sorted(children, key=psutil.Process.create_time)[1:]
    except (OSError, psutil.Error):
        return []


def _alignment(
    arguments: tuple[str, ...], output: Path, env: dict[str, str], how: Disturbance, changes: Any
) -> None:
    """What the new process does."""
    _redirect(os.open(output, os.O_WRONLY))
    # Those of the fork server may be files, in which one can go back.
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - for the whole process
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    faulthandler.register(signal.SIGUSR1)
    os.environ.update(env)
    _be_quick()
    _count_changes(changes, how.die_at)
    _limit_at(how.stage, lambda: _limit(how))
    sys.argv = ["alignment", *arguments]
    from alignment.cli.app import main

    main()


def _redirect(descriptor: int) -> None:
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _be_quick() -> None:
    """Fork the training process as well, look at it often, and wait for nothing."""
    quick = types.SimpleNamespace(Popen=ForkedTraining, DEVNULL=subprocess.DEVNULL)
    _replace(launch, "subprocess", quick)
    launch.POLL_SECONDS = 0.02
    cleanup.UNFINISHED_SECONDS = 0
    impatient = types.SimpleNamespace(time=time.time, sleep=lambda _: None)
    _replace(retry, "time", impatient)


def _replace(module: types.ModuleType, name: str, value: object) -> None:
    """In this process only."""
    setattr(module, name, value)


class ForkedTraining:
    """`subprocess.Popen` of the training process, without another start of Python."""

    def __init__(
        self, arguments: list[str], *, stdin: int, stdout: IO[bytes], stderr: IO[bytes], env: Any
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        code = 1
        try:
            last_words.forget()  # as a new program would
            _redirect(stdout.fileno())
            os.environ.update(env)
            sys.argv = arguments[2:]
            code = training.main()
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError):
                sys.stderr.flush()
            os._exit(code)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait for its end."""
        while self.poll() is None:
            time.sleep(0.01)


def _count_changes(changes: Any, die_at: int | None) -> None:
    """Count what changes files in this process, and kill it at the chosen one."""
    pid = os.getpid()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        if (writes or event in _CHANGES) and os.getpid() == pid:
            changes.value += 1
            if changes.value == die_at:
                os.kill(pid, signal.SIGKILL)

    sys.addaudithook(hook)


def _limit_at(stage: str | None, limit: Callable[[], None]) -> None:
    """Call `limit` when the stage starts, or at once."""
    if stage is None:
        limit()
        return

    def at_work_on(started: str, language: str = "") -> None:
        last_words.at_work_on(started, language)
        if started == stage:
            limit()

    _replace(runner, "at_work_on", at_work_on)


def fill(ballast: Path, room: int = 0) -> None:
    """Write a file, or make it longer, so that so many bytes of its disk are left."""
    with ballast.open("ab") as file:
        disk = os.statvfs(ballast.parent)
        size = disk.f_bavail * disk.f_frsize - room
        if size > 0:
            os.posix_fallocate(file.fileno(), 0, file.tell() + size)


def _limit(how: Disturbance) -> None:
    if how.ballast is not None:
        fill(how.ballast)
    if how.more_memory is not None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + how.more_memory
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if how.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (how.file_bytes, how.file_bytes))
