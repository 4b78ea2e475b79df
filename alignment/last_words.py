"""A second process that reports the end of this one if it is killed.

The system kills a process that takes too much memory, and C++ and Rust abort one that cannot
allocate. Neither can print a message. The second process waits at a pipe through which it learns
the stage, and which the system closes however this process ends. Meanwhile it looks how much
memory this process takes, which nobody can ask afterwards.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from alignment import memory
from alignment.failures import killed

POLL_SECONDS = 0.5
_DONE = "done"
_FIELDS = "\t"
_pipe: int | None = None


@contextmanager
def reported_if_killed() -> Iterator[None]:
    """Print an error with the stage to standard error if this process is killed in the block.

    Does nothing where processes cannot be forked. The exit code stays that of the signal.
    """
    global _pipe
    if not hasattr(os, "fork") or _pipe is not None:
        yield
        return
    reading, _pipe = os.pipe()
    watched = os.getpid()
    try:
        pid = os.fork()
    except OSError:  # no more processes
        pid = -1
    if pid == 0:
        os.close(_pipe)
        _wait_and_report(reading, watched)
    os.close(reading)
    try:
        yield
    finally:
        _tell(_DONE)
        os.close(_pipe)
        _pipe = None
        if pid > 0:
            os.waitpid(pid, 0)


def at_work_on(stage: str, language: str = "") -> None:
    """Remember what this process is doing now."""
    _tell(f"{stage}{_FIELDS}{language}")


def forget() -> None:
    """For a forked process, which must not keep the pipe of its parent open."""
    global _pipe
    if _pipe is not None:
        os.close(_pipe)
        _pipe = None


def _tell(line: str) -> None:
    if _pipe is not None:
        with contextlib.suppress(OSError):  # nobody listens
            os.write(_pipe, f"{line}\n".encode())


def _wait_and_report(reading: int, watched: int) -> None:
    """The second process: it ends with the first one, `watched`, and never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # it ends when the pipe does
        last = ""
        used = ""
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            while True:
                used = _memory_of(watched) or used
                if not select.select([pipe], [], [], POLL_SECONDS)[0]:
                    continue
                line = pipe.readline()
                if not line:
                    break
                last = line.decode().rstrip("\n")
        if last != _DONE:
            stage, _, language = last.partition(_FIELDS)
            os.write(2, f"error: {killed(stage, language, used)}\n".encode())
    finally:
        os._exit(0)


def _memory_of(process: int) -> str:
    """What a running process has used, and what is free; "" if the system does not say."""
    peak = memory.peak_of(process)
    return "" if peak is None else memory.described(peak)
