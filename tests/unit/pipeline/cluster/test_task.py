"""What a worker does, in this process: it needs no Ray."""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from alignment import workers
from alignment.errors import EmptyCorpus, Unexpected
from alignment.pipeline.cluster.task import Done, Place, Task, installed_versions, perform
from alignment.workers import available_cpus


@pytest.fixture(autouse=True)
def all_cpus_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_cpu_limit", None)


def performed(tmp_path: Path, call: Callable[[], object]) -> tuple[Place, Done]:
    mark = tmp_path / "mark"
    mark.touch()
    place, done = perform(Task("clean", "cy", call, 1, mark, installed_versions()))
    assert isinstance(place, Place) and isinstance(done, Done)
    return place, done


def test_it_says_where_it_runs_and_then_the_result(tmp_path: Path) -> None:
    place, done = performed(tmp_path, functools.partial(int, "7"))
    assert (place.host, place.pid) == (socket.gethostname(), os.getpid())
    assert place.sees_workspace
    assert place.versions == installed_versions()
    assert (done.value, done.error) == (7, None)


def test_it_makes_nothing_without_the_workspace(tmp_path: Path) -> None:
    task = Task("clean", "cy", refuse, 1, tmp_path / "nothing", installed_versions())
    (place,) = perform(task)
    assert isinstance(place, Place) and not place.sees_workspace


def test_it_makes_nothing_with_another_version(tmp_path: Path) -> None:
    versions = {**installed_versions(), "torch": "0.0.1"}
    (place,) = perform(Task("clean", "cy", refuse, 1, tmp_path, versions))
    assert isinstance(place, Place) and place.versions != versions


def test_the_call_sees_its_share_of_the_cores(tmp_path: Path) -> None:
    _, done = performed(tmp_path, functools.partial(available_cpus))
    assert done.value == 1


def refuse() -> None:
    raise EmptyCorpus("nothing left", where="a.tsv")


def test_an_error_is_a_value(tmp_path: Path) -> None:
    _, done = performed(tmp_path, functools.partial(refuse))
    assert isinstance(done.error, EmptyCorpus)
    assert str(done.error) == "a.tsv: nothing left"


class Unsendable(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__(first)


def raise_unsendable() -> None:
    raise Unsendable(1, 2)


def test_an_error_that_cannot_be_sent_is_explained(tmp_path: Path) -> None:
    _, done = performed(tmp_path, functools.partial(raise_unsendable))
    assert isinstance(done.error, Unexpected)
    assert "unexpected Unsendable in clean of cy" in str(done.error)


def log_something() -> None:
    logging.getLogger("alignment.stages.clean").info("kept %d of %d", 3, 4)
    logging.getLogger("another").warning("not ours")


def test_what_it_logs_comes_back(tmp_path: Path) -> None:
    _, done = performed(tmp_path, functools.partial(log_something))
    (record,) = done.records
    assert (record.name, record.getMessage()) == ("alignment.stages.clean", "kept 3 of 4")
    assert logging.getLogger("alignment").handlers == []


def test_versions_have_no_build() -> None:
    versions = installed_versions()
    assert {"Python", "alignment", "torch", "pyarrow"} <= set(versions)
    assert "+" not in versions["torch"]
    assert "(code " in versions["alignment"]
