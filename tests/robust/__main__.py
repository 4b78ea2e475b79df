"""`python -m tests.robust`: variations of everything that was once seen to go wrong, by section.

Prints a line a case and what did not hold, then a table of what was tried and held by section, and
one line of JSON. ROBUST_SECTIONS selects sections, ROBUST_ONLY the cases with a text in their name,
and ROBUST_PART=1/3 the first third of each section. Interrupted, it prints what it has tried. Exit
code 1 if a case did not hold.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.robust.case import Case, held
from tests.robust.sections import SECTIONS
from tests.soak.process import _IMPORTED

_ALSO = (
    "alignment.cli.display.lineage",
    "alignment.cli.display.results",
    "alignment.cli.display.versions",
    "alignment.encoder.cache",
    "alignment.encoder.onnx.runtime",
    "alignment.pipeline.replay",
    "alignment.pipeline.search",
    "obstore",
)
"""Imported once, instead of in each process of a case."""


class Tried(NamedTuple):
    """What became of one case."""

    case: Case
    problem: str
    """Empty if everything held."""


def main() -> int:
    """Try all cases and print; returns the exit code."""
    chosen = os.environ.get("ROBUST_SECTIONS", "")
    sections = chosen.split(",") if chosen else list(SECTIONS)
    only = os.environ.get("ROBUST_ONLY", "")
    started = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tried: list[Tried] = []
    with contextlib.suppress(KeyboardInterrupt):
        for result in try_all(sections, only):
            tried.append(result)
            good = sum(not entry.problem for entry in tried)
            line = f"{len(tried)} tried, {good} held; {result.case.section}: {result.case.name}"
            print(line, file=sys.stderr, flush=True)
            if result.problem:
                print(f"{result.case.section}: {result.case.name}\n{result.problem}", flush=True)
    return report(tried, round(time.monotonic() - started))


def try_all(sections: list[str], only: str = "") -> Iterator[Tried]:
    """Try the cases of these sections whose name has a text."""
    for module in (*_IMPORTED, *_ALSO):
        importlib.import_module(module)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # no waiting for a disk
    with tempfile.TemporaryDirectory(prefix="robust-", dir=memory) as name:
        for number, section in enumerate(sections):
            base = Path(name) / str(number)
            base.mkdir()
            made = [case for case in SECTIONS[section].cases(base) if only in case.name]
            part, parts = map(int, os.environ.get("ROBUST_PART", "1/1").split("/"))
            for place, case in enumerate(made):
                if place % parts == part - 1:
                    yield Tried(case, held(case, base / f"case{place}"))


def report(tried: list[Tried], seconds: int) -> int:
    """Print the table and the line of JSON; returns the exit code."""
    total = Counter(result.case.section for result in tried)
    whole = Counter(result.case.section for result in tried if not result.problem)
    print(f"{'section':<22} {'before':>8} {'tried':>6} {'held':>6}")
    for name in total:
        print(f"{name:<22} {SECTIONS[name].before:>8} {total[name]:>6} {whole[name]:>6}")
    line = {
        "robust": len(tried),
        "held": whole.total(),
        "seconds": seconds,
        "by_section": {name: [total[name], whole[name]] for name in total},
    }
    print(json.dumps(line))
    return 0 if whole.total() == len(tried) else 1


if __name__ == "__main__":
    sys.exit(main())
