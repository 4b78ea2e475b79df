"""Several languages at once: order, errors, how many, and an interrupt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.config.runner import RunnerSettings
from alignment.errors import AlignmentError, ConfigError, EmptyCorpus
from alignment.pipeline import threads
from alignment.pipeline.runner import LocalRunner
from alignment.pipeline.threads import ThreadsRunner, map_on_threads, number_of_threads


def fail() -> int:
    raise EmptyCorpus("nothing left")


def test_results_are_in_the_order_of_the_calls() -> None:
    last_ended = threading.Event()

    def first() -> str:
        assert last_ended.wait(10), "the calls do not run at the same time"
        return "first"

    def last() -> str:
        last_ended.set()
        return "last"

    results = ThreadsRunner(2).map("clean", {"fi": first, "cy": last})
    assert list(results.items()) == [("fi", "first"), ("cy", "last")]


def test_no_more_calls_than_threads_run_at_once() -> None:
    working = 0
    most = 0
    lock = threading.Lock()

    def call() -> None:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        time.sleep(0.01)
        with lock:
            working -= 1

    ThreadsRunner(3).map("clean", {str(number): call for number in range(12)})
    assert most == 3


def test_all_calls_are_tried_before_it_fails() -> None:
    done: list[str] = []
    with pytest.raises(EmptyCorpus, match=r"^nothing left$"):
        ThreadsRunner(1).map("clean", {"fi": fail, "cy": lambda: done.append("cy")})
    assert done == ["cy"]


def test_several_failures_are_one_error() -> None:
    def misconfigured() -> int:
        raise ConfigError("bad")

    with pytest.raises(AlignmentError, match="clean failed for 2 languages") as caught:
        ThreadsRunner(2).map("clean", {"fi": fail, "cy": misconfigured, "ga": lambda: 1})
    assert caught.value.exit_code == 2


def test_no_calls() -> None:
    assert ThreadsRunner(2).map("clean", {}) == {}


def test_run_is_that_of_a_local_runner() -> None:
    caller = threading.get_ident()
    assert ThreadsRunner(2).run("gate", threading.get_ident) == caller


@pytest.mark.timeout(30)
def test_an_interrupt_starts_no_further_call(monkeypatch: pytest.MonkeyPatch) -> None:
    began = threading.Event()
    release = threading.Event()
    started: list[str] = []

    def call(label: str) -> Callable[[], None]:
        def wait() -> None:
            started.append(label)
            began.set()
            release.wait(20)

        return wait

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        assert began.wait(10)
        raise KeyboardInterrupt

    stopped: list[bool] = []
    runner = ThreadsRunner(1)
    monkeypatch.setattr(runner, "stop", lambda: stopped.append(True))
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            runner.map("clean", {label: call(label) for label in ("fi", "cy")})
    release.set()
    time.sleep(0.05)
    assert started == ["fi"]
    assert stopped == [True]


def test_what_is_no_error_ends_the_map_at_once() -> None:
    def end() -> int:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        map_on_threads("clean", {"fi": end, "cy": lambda: 1}, 2)


@settings(max_examples=30)
@given(
    outcomes=st.dictionaries(st.text(max_size=3), st.booleans(), max_size=8),
    count=st.integers(1, 4),
)
def test_it_does_what_a_local_runner_does(outcomes: dict[str, bool], count: int) -> None:
    def answer(label: str, succeeds: bool) -> str:
        if not succeeds:
            raise EmptyCorpus(f"nothing left of {label}")
        return label

    calls = {}
    for label, succeeds in outcomes.items():
        calls[label] = lambda label=label, succeeds=succeeds: answer(label, succeeds)
    expected = outcome_of(lambda: LocalRunner().map("clean", calls))
    assert outcome_of(lambda: ThreadsRunner(count).map("clean", calls)) == expected


def outcome_of(call: Callable[[], dict[str, str]]) -> object:
    try:
        return list(call().items())
    except AlignmentError as error:
        return type(error), str(error)


def test_threads_fit_into_cores_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "available_cpus", lambda: 8)
    monkeypatch.setattr("alignment.memory.available_bytes", lambda: 7 * 10**9)
    assert number_of_threads(RunnerSettings(kind="threads", memory_per_task=0.5)) == 8
    assert number_of_threads(RunnerSettings(kind="threads", cpus_per_task=3)) == 2
    assert number_of_threads(RunnerSettings(kind="threads", memory_per_task=2.0)) == 3
    assert number_of_threads(RunnerSettings(kind="threads", memory_per_task=50.0)) == 1
    monkeypatch.setattr("alignment.memory.available_bytes", lambda: None)
    assert number_of_threads(RunnerSettings(kind="threads", memory_per_task=50.0)) == 8
