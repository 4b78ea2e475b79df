"""A minute of what `make soak` does at length."""

import sys

import pytest

from tests.soak.__main__ import soak
from tests.soak.faults import FAULTS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and processes of Linux")
def test_each_fault_twice() -> None:
    tried = list(soak(2 * len(FAULTS), seed=1, workers=1))
    assert [result.problem for result in tried if result.problem] == []
    assert {result.fault for result in tried} == {fault.name for fault in FAULTS}
