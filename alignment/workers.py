"""Parallel `map` over worker processes, with results in order.

The pool belongs to the process (loky's reusable executor), so that the next call finds its workers
running instead of starting Python again; idle workers exit after `IDLE_SECONDS`.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from alignment.errors import OutOfMemory

T = TypeVar("T")
U = TypeVar("U")
IDLE_SECONDS = 10
_MAX_WAITING = 4
"""Results per worker that may wait for an earlier one."""


_cpu_limit: int | None = None


class Guard:
    """A lock between the threads of a process. A pickled copy is another, open lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[type[Guard], tuple[()]]:
        return Guard, ()


def limit_cpus(limit: int | None) -> None:
    """Let `available_cpus` answer at most `limit`; other tasks use the rest of the machine."""
    global _cpu_limit
    _cpu_limit = limit


def available_cpus() -> int:
    """Number of CPU cores that this process may use."""
    cpus = _cpus_of_process()
    return cpus if _cpu_limit is None else min(cpus, _cpu_limit)


def _cpus_of_process() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered(
    items: Iterable[T],
    function: Callable[[T], U],
    workers: int,
    *,
    ahead: int = 3,
    here: Callable[[T], U] | None = None,
) -> Iterator[U]:
    """`map(function, items)` on several processes; yields the results in the order of the items.

    Processes, because much of the work holds the GIL. loky's processes, because they can be
    started from a thread and do not import the caller's main module again.

    Args:
        items: Read lazily, a few items ahead of the results.
        function: Must be picklable, as must the items and results.
        workers: Number of processes, including this one, which works too; below 2 it is `map`.
        ahead: Items that each other process has in work or queued.
        here: What this process calls instead of `function`, for the same results. It need not be
            picklable, and may keep what it read.

    Raises:
        OutOfMemory: if a process is killed. Exceptions of `function` are passed on.
    """
    function_here = function if here is None else here
    if workers < 2:
        yield from map(function_here, items)
        return
    from loky import BrokenProcessPool, get_reusable_executor

    pool = get_reusable_executor(workers - 1, timeout=IDLE_SECONDS)
    remaining = iter(items)
    waiting: deque[Future[U]] = deque()
    try:
        while True:
            busy = sum(not future.done() for future in waiting)
            for item in itertools.islice(remaining, max(0, ahead * (workers - 1) - busy)):
                waiting.append(pool.submit(function, item))
            first_is_done = bool(waiting) and waiting[0].done()
            if not first_is_done and len(waiting) < _MAX_WAITING * workers:
                next_items = list(itertools.islice(remaining, 1))
                if next_items:
                    waiting.append(_completed(function_here(next_items[0])))
                    continue
            if not waiting:
                return
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise OutOfMemory(
            "a worker process was killed, most likely because memory ran out (see `dmesg`)",
            hint="Free memory, or run on one core: `taskset -c 0 alignment ...`. "
            "Finished stages are kept.",
        ) from error
    finally:
        for future in waiting:
            future.cancel()


def _completed(result: U) -> Future[U]:
    """A future that already has its result."""
    future: Future[U] = Future()
    future.set_result(result)
    return future
