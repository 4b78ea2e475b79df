"""Work on all cores: `map` by processes, in order."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from alignment.errors import AlignmentError

T = TypeVar("T")
U = TypeVar("U")
IDLE = 10  # seconds after which a process without work ends: the next language finds it still there


def processors() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered(
    items: Iterable[T], function: Callable[[T], U], workers: int, *, ahead: int = 3
) -> Iterator[U]:
    """`map` by `workers` processes, of which this one is one; each other one is given `ahead` items at a time.

    Processes, because much of the work holds Python's lock; loky's, because they do not run the caller's main
    module again and may be started from a thread.

    Raises:
        AlignmentError: if one of them is killed. What `function` raises is passed on.
    """
    if workers < 2:
        yield from map(function, items)
        return
    from loky import BrokenProcessPool, get_reusable_executor

    left = iter(items)
    waiting: deque[Future[U]] = deque()
    pool = get_reusable_executor(workers - 1, timeout=IDLE)
    try:
        while True:
            busy = sum(not future.done() for future in waiting)
            for item in itertools.islice(left, max(0, ahead * (workers - 1) - busy)):
                waiting.append(pool.submit(function, item))
            if waiting and waiting[0].done():
                yield waiting.popleft().result()
            elif len(waiting) < 4 * workers and (own := list(itertools.islice(left, 1))):
                here: Future[U] = Future()
                here.set_result(function(own[0]))
                waiting.append(here)
            elif waiting:
                yield waiting.popleft().result()
            else:
                return
    except BrokenProcessPool as error:
        raise AlignmentError(
            f"one of {workers} processes that share the work was killed",
            hint="Mostly memory ran out: `dmesg` says so. Free some, or take one core only: `taskset -c 0 alignment ...`. What is "
            "finished is kept.",
        ) from error
    finally:
        for future in waiting:
            future.cancel()
