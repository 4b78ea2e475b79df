import os
import signal
import threading
import time

import pytest

from alignment.errors import AlignmentError
from alignment.workers import ordered


def slowest_first(number: int) -> tuple[int, int]:
    time.sleep(0.02 * (number % 3 == 0))
    return number, os.getpid()


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_from_this_process_and_others(workers: int) -> None:
    found = list(ordered(range(40), slowest_first, workers))
    assert [number for number, _ in found] == list(range(40))
    processes = {process for _, process in found}
    assert os.getpid() in processes and (len(processes) > 1) == (workers > 1)
    assert list(ordered([], slowest_first, workers)) == []


def failing(number: int) -> int:
    return 1 // (number - 7)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_any_process_is_raised_before_its_place(workers: int) -> None:
    found = []
    with pytest.raises(ZeroDivisionError):
        for value in ordered(range(30), failing, workers):
            found.append(value)
    assert found == [failing(number) for number in range(len(found))] and len(found) <= 7


def killed_elsewhere(here: int) -> int:
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return here


def test_a_killed_process_is_named_and_the_next_call_has_a_new_one() -> None:
    with pytest.raises(AlignmentError, match="was killed"):
        list(ordered([os.getpid()] * 30, killed_elsewhere, 2))
    assert [number for number, _ in ordered(range(9), slowest_first, 2)] == list(range(9))


def test_it_takes_no_more_items_than_it_works_on_and_may_run_in_a_thread() -> None:
    taken: list[int] = []
    found: list[int] = []

    def items():  # type: ignore[no-untyped-def]
        for number in range(100):
            taken.append(number)
            yield number

    def work() -> None:
        results = ordered(items(), slowest_first, 2)
        found.extend(next(results)[0] for _ in range(3))
        results.close()  # type: ignore[attr-defined]

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [0, 1, 2] and len(taken) < 20
