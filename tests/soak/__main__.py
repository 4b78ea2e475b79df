"""`python -m tests.soak`: SOAK_RUNS (200) runs of the pipeline, in each of which something fails.

Prints a line a run, a table by fault (runs that were tried and held) and one line of JSON.
SOAK_SEED repeats the same faults, SOAK_WORKERS (2) is the number of runs at once, and SOAK_KEEP is
a directory for the places of the runs that did not hold. Interrupted, it prints what it has tried.
Exit code 1 if a run did not hold.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from alignment.errors import AlignmentError
from alignment.registry import find_damage
from tests.soak.checks import after_recovery, after_trouble
from tests.soak.faults import FAULTS, Fault
from tests.soak.places import STATES, Expected, Place, disk, undisturbed
from tests.soak.process import Ended, Launcher


class Tried(NamedTuple):
    """What became of one run."""

    fault: str
    code: int
    problem: str
    """Empty if everything held."""


def main() -> int:
    """Soak and print; returns the exit code."""
    runs = int(os.environ.get("SOAK_RUNS", "200"))
    seed = int(os.environ.get("SOAK_SEED", "0"))
    workers = int(os.environ.get("SOAK_WORKERS", "2"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the disks are unmounted
    started = time.monotonic()
    tried: list[Tried] = []
    with contextlib.suppress(KeyboardInterrupt):
        for number, result in enumerate(soak(runs, seed=seed, workers=workers)):
            tried.append(result)
            held = sum(not entry.problem for entry in tried)
            seconds = time.monotonic() - started
            line = f"{number + 1} of {runs} runs, {held} held, {seconds:.0f} s"
            print(line, file=sys.stderr, flush=True)
            if result.problem:
                print(f"run {number} of seed {seed}: {result.fault}\n{result.problem}", flush=True)
    seconds = round(time.monotonic() - started)
    return report(tried, seed, seconds)


def report(tried: list[Tried], seed: int, seconds: int) -> int:
    """Print the table and the line of JSON; returns the exit code."""
    total = Counter(result.fault for result in tried)
    held = Counter(result.fault for result in tried if not result.problem)
    print(f"{'fault':<20} {'tried':>6} {'held':>6}  exit codes")
    for fault in FAULTS:
        codes = Counter(result.code for result in tried if result.fault == fault.name)
        ends = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
        print(f"{fault.name:<20} {total[fault.name]:>6} {held[fault.name]:>6}  {ends}")
    line = {
        "soak": len(tried),
        "held": held.total(),
        "seed": seed,
        "seconds": seconds,
        "by_fault": {name: [total[name], held[name]] for name in total},
    }
    print(json.dumps(line))
    return 0 if held.total() == len(tried) else 1


def soak(runs: int, *, seed: int, workers: int) -> Iterator[Tried]:
    """Try the faults in turn; the results come in the order of the runs."""
    launcher = Launcher()
    with ExitStack() as stack:
        disks = [stack.enter_context(disk()) for _ in range(workers)]
        states = stack.enter_context(disk())
        expected = [undisturbed(state, states, launcher) for state in STATES]
        free: SimpleQueue[Path] = SimpleQueue()
        for directory in disks:
            free.put(directory)

        def attempt(number: int) -> Tried:
            directory = free.get()
            try:
                return _attempt(number, seed, directory, expected, launcher)
            finally:
                free.put(directory)

        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(attempt, range(runs))


def _attempt(
    number: int, seed: int, directory: Path, expected: list[Expected], launcher: Launcher
) -> Tried:
    rng = random.Random(f"{seed} {number}")
    fault = FAULTS[number % len(FAULTS)]
    undisturbed_run = rng.choice([entry for entry in expected if entry.state in fault.states])
    place = Place(directory / f"run{number}", launcher)
    shutil.copytree(undisturbed_run.start, place.root, symlinks=True)
    outputs: list[Ended] = []
    problem = ""
    try:
        _try(place, fault, undisturbed_run, rng, outputs)
    except (AssertionError, AlignmentError, OSError) as error:
        said = "\n".join(f"  exit code {ended.code}: {ended.output}" for ended in outputs)
        state = undisturbed_run.state.name
        problem = f"{state}: {type(error).__name__}: {error}\n{said}"
        _keep(place, number)
    shutil.rmtree(place.root)
    return Tried(fault.name, outputs[0].code if outputs else 0, problem)


def _try(
    place: Place, fault: Fault, expected: Expected, rng: random.Random, outputs: list[Ended]
) -> None:
    outputs.append(fault.disturb(place, expected, rng))
    after_trouble(place, fault, expected, outputs[0])
    repaired = _mend(place, expected, outputs[0]) if fault.damages else False
    outputs.append(place.run(expected.state))
    after_recovery(place, expected, outputs[1], repaired=repaired)


def _mend(place: Place, expected: Expected, ended: Ended) -> bool:
    """Do what the messages say; returns whether the registry was repaired."""
    if (ended.code and "alignment.lock" in ended.output) or "--update" in ended.output:
        shutil.copy(expected.start / place.lock.name, place.lock)
    if not find_damage(place.registry):
        return False
    assert place.alignment("registry", "repair", place.registry.name).code == 0
    return True


def _keep(place: Place, number: int) -> None:
    keep = os.environ.get("SOAK_KEEP")
    if keep:
        target = Path(keep) / f"run{number}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(place.root, target, symlinks=True)


if __name__ == "__main__":
    sys.exit(main())
