"""All variations of what was once seen to go wrong; `make robust` prints the table."""

import sys

import pytest

from tests.robust.__main__ import try_all
from tests.robust.sections import SECTIONS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and disks of Linux")
@pytest.mark.parametrize("section", SECTIONS)
def test_everything_holds(section: str) -> None:
    problems = []
    for result in try_all([section]):
        if result.problem:
            problems.append(f"{result.case.name}\n{result.problem}")
    assert problems == []
