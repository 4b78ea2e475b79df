import os
import pickle
import signal
import threading
import time
from collections.abc import Generator, Iterator
from typing import cast

import pytest

from alignment.errors import AlignmentError
from alignment.workers import Guard, available_cpus, limit_cpus, ordered


def number_and_process(number: int) -> tuple[int, int]:
    """Every third one takes longer, so that later ones finish first."""
    time.sleep(0.02 * (number % 3 == 0))
    return number, os.getpid()


@pytest.mark.parametrize("workers", [1, 3])
def test_results_are_in_order(workers: int) -> None:
    results = list(ordered(range(40), number_and_process, workers))
    assert [number for number, _ in results] == list(range(40))
    processes = {process for _, process in results}
    assert os.getpid() in processes
    assert (len(processes) > 1) == (workers > 1)


@pytest.mark.parametrize("workers", [1, 3])
def test_no_items(workers: int) -> None:
    assert list(ordered([], number_and_process, workers)) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_this_process_has_a_function_of_its_own(workers: int) -> None:
    lock = threading.Lock()  # cannot be pickled
    kept = []

    def here(number: int) -> tuple[int, int]:
        with lock:
            kept.append(number)
        return number_and_process(number)

    results = list(ordered(range(40), number_and_process, workers, here=here))
    assert [number for number, _ in results] == list(range(40))
    assert kept == [number for number, process in results if process == os.getpid()]
    assert kept


def fails_at_seven(number: int) -> int:
    return 1 // (number - 7)


@pytest.mark.parametrize("workers", [1, 2])
def test_exception_of_the_function(workers: int) -> None:
    results = []
    with pytest.raises(ZeroDivisionError):
        for value in ordered(range(30), fails_at_seven, workers):
            results.append(value)
    assert len(results) <= 7
    assert results == [fails_at_seven(number) for number in range(len(results))]


def kill_unless(process: int) -> int:
    """Kills the process that runs it, unless it is this one."""
    if os.getpid() != process:
        os.kill(os.getpid(), signal.SIGKILL)
    return process


def test_killed_worker_and_recovery() -> None:
    with pytest.raises(AlignmentError, match=r"a worker process was killed.*\n.*taskset -c 0"):
        list(ordered([os.getpid()] * 30, kill_unless, 2))
    results = ordered(range(9), number_and_process, 2)
    assert [number for number, _ in results] == list(range(9))


def test_reads_few_items_ahead_also_in_a_thread() -> None:
    taken: list[int] = []
    results: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    def work() -> None:
        pairs = cast("Generator[tuple[int, int]]", ordered(items(), number_and_process, 2))
        for _ in range(3):
            results.append(next(pairs)[0])
        pairs.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [0, 1, 2]
    assert len(taken) < 20


def test_cpus_are_those_of_this_process() -> None:
    assert available_cpus() >= 1
    if hasattr(os, "sched_getaffinity"):
        assert available_cpus() == len(os.sched_getaffinity(0))


def test_a_task_can_be_limited_to_some_cores() -> None:
    cpus = available_cpus()
    try:
        limit_cpus(1)
        assert available_cpus() == 1
        limit_cpus(cpus + 1)
        assert available_cpus() == cpus
    finally:
        limit_cpus(None)
    assert available_cpus() == cpus


def test_a_copy_of_a_guard_is_open() -> None:
    guard = Guard()
    with guard:
        copy = pickle.loads(pickle.dumps(guard))
        entered = threading.Event()

        def enter() -> None:
            with copy:
                entered.set()

        threading.Thread(target=enter, daemon=True).start()
        assert entered.wait(5)
