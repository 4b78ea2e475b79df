"""`python -m tests.fuzz`: try inputs of every kind for FUZZ_MINUTES (60), and count what held.

Each fault is printed with the smallest input that shows it. Exit code 1 if there was one.
"""

from __future__ import annotations

import io
import os
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.limits import TooSlow, limited
from tests.fuzz.mutations import damaged
from tests.fuzz.targets import TARGETS, Target, held

ROUND = 200  # inputs of one kind, before it is the next one's turn
_PHASES = (Phase.generate, Phase.target, Phase.shrink)


class Counter:
    """Inputs that were tried, and those that showed a fault."""

    def __init__(self) -> None:
        self.tried = 0
        self.failed = 0


def main() -> int:
    """Fuzz until the time is over; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for what was drawn
    minutes = float(os.environ.get("FUZZ_MINUTES", "60"))
    end = time.monotonic() + 60 * minutes
    counter = Counter()
    faulty: set[str] = set()
    while time.monotonic() < end:
        for target in TARGETS:
            if target.name not in faulty and not _round(target, counter):
                faulty.add(target.name)
            if time.monotonic() > end:
                break
        print(f"{counter.tried:,} inputs tried", flush=True)
    held_inputs = counter.tried - counter.failed
    print(
        f"fuzz: {counter.tried:,} inputs of {len(TARGETS)} kinds tried, {held_inputs:,} held, "
        f"{len(faulty)} kinds with faults"
    )
    return 1 if faulty else 0


def _round(target: Target, counter: Counter) -> bool:
    """Try some inputs of one kind; False after a fault, which is printed."""

    @settings(
        max_examples=ROUND,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=_PHASES,
        report_multiple_bugs=False,
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        content = data.draw(damaged(target.seeds))
        counter.tried += 1
        try:
            with limited():
                held(target, content)
        except (Exception, TooSlow):
            counter.failed += 1
            raise

    try:
        check()
    except (Exception, TooSlow):
        print(f"FAULT in {target.name}:")
        traceback.print_exc(file=sys.stdout)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
