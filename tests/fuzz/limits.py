"""A limit on the time and memory of one input."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CPU_SECONDS = 10.0
"""Of one input of at most some hundred kilobytes; the worst one takes a tenth of it."""
MEMORY_BYTES = 2**30


class TooSlow(BaseException):
    """The input took longer than `CPU_SECONDS`. No handler of exceptions may hide it."""


@contextmanager
def limited() -> Iterator[None]:
    """Raise `TooSlow` or `MemoryError` in the block if it exceeds a limit (Linux)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_space() + MEMORY_BYTES
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    previous = signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


def _interrupt(*_: object) -> None:
    raise TooSlow(f"more than {CPU_SECONDS:g} s")


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
