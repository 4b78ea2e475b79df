"""A cluster for all tests of a session, and the table of what they tried."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scale.cluster import Cluster, running_cluster

_ROWS: list[tuple[str, str, float]] = []


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A head, a machine with one core, and one with four cores and little memory."""
    pytest.importorskip("ray", reason="make test-scale installs the extra")
    with running_cluster() as cluster:
        cluster.add("first", cpus=1)
        cluster.add("second", cpus=4)
        yield cluster


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that all machines see."""
    return tmp_path / "workspace"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Keep the time of each test and whether it held."""
    started = time.monotonic()
    held = "no"
    try:
        yield
        held = "yes"
    finally:
        name = item.name.removeprefix("test_").replace("_", " ")
        _ROWS.append((name, held, time.monotonic() - started))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    if not _ROWS:
        return
    terminalreporter.section("tried on a cluster")
    width = max(len(name) for name, _, _ in _ROWS)
    terminalreporter.write_line(f"{'tried':<{width}}  held  seconds")
    for name, held, seconds in _ROWS:
        terminalreporter.write_line(f"{name:<{width}}  {held:<4}  {seconds:7.1f}")
