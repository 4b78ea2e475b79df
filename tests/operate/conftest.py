"""One installation for the tests of a module, and the table that `make test-operate` prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.operate.alarms import Alarms
from tests.operate.site import Site

SECTIONS = {
    "serve": "5/10",
    "form": "8/14",
    "cancel": "3/4",
    "kills": "6/11",
    "schedules": "4/5",
    "events": "4/6",
    "logs": "1/3",
    "image": "6/9",
}
"""Tried and held when the system was first operated by hand, before these tests."""
ELSEWHERE = {"form": "make test-ui", "image": "make test-image"}
_TRIED: Counter[str] = Counter()
_HELD: Counter[str] = Counter()
_NOTES: list[str] = []


@pytest.fixture(scope="module")
def alarms() -> Iterator[Alarms]:
    """A webhook."""
    with Alarms().listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, alarms: Alarms) -> Iterator[Site]:
    """A project whose server and worker run, with a first champion."""
    with Site(tmp_path_factory.mktemp("operate") / "project", alarms).operating() as site:
        yield site


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Count by the section that the marker names."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    marker = item.get_closest_marker("operate")
    if marker is None or not marker.args:
        return
    section = marker.args[0]
    if report.when == "call":
        _NOTES.extend(f"{item.name}: {name}: {value}" for name, value in report.user_properties)
        _TRIED[section] += 1
        _HELD[section] += report.passed
    elif report.failed and report.when == "setup":
        _TRIED[section] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried and what held, beside the first time."""
    if not _TRIED:
        return
    write = terminalreporter.write_line
    for note in _NOTES:
        write(note)
    write(f"{'section':<12} {'tried':>6} {'held':>6}  held before")
    for section, before in SECTIONS.items():
        if _TRIED[section] or section not in ELSEWHERE:
            write(f"{section:<12} {_TRIED[section]:>6} {_HELD[section]:>6}  {before}")
        else:
            write(f"{section:<12} {'-':>6} {'-':>6}  {before}  ({ELSEWHERE[section]})")
    by_section = {section: [_HELD[section], _TRIED[section]] for section in _TRIED}
    write(json.dumps({"operate": by_section}))
