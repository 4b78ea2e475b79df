"""What all benchmarks share: peak memory and wall time of a command, and the last JSON line."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

if TYPE_CHECKING:
    from alignment.encoder.device import Precision

INTERVAL = 0.2  # seconds between two samples of the memory


class Measured(NamedTuple):
    """One run of a command."""

    seconds: float
    mebibytes: float
    """Peak of the proportional set size of the whole process tree."""
    output: str
    cpu_seconds: float
    """Of the whole process tree, which on a busy machine says more than the clock."""


def measure(command: Sequence[str | Path], *, memory: bool = True, **kwargs: Any) -> Measured:
    """Run a command to its end; `kwargs` go to `subprocess.Popen`.

    Looking at the memory of the processes takes a few percent of a core, which a command that uses
    all of them lacks, and one that uses a single core does not. Without `memory` nobody looks, and
    the peak is 0.

    Raises:
        SystemExit: with the command's output, if it fails.
    """
    arguments = [str(part) for part in command]
    started = time.monotonic()
    cpu_before = _cpu_of_children()
    peak = 0.0
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **kwargs
    ) as process:
        root = psutil.Process(process.pid)
        output = None
        while output is None:
            try:
                output = process.communicate(timeout=INTERVAL)[0]
            except subprocess.TimeoutExpired:
                if memory:
                    peak = max(peak, memory_of(root))
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{output}")
    return Measured(seconds, peak, output, _cpu_of_children() - cpu_before)


def _cpu_of_children() -> float:
    """Processor seconds of the processes that have ended and been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_of(root: psutil.Process) -> float:
    """MiB of the process and its descendants, each shared page counted once."""
    total = 0
    try:
        for process in (root, *root.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.Error:
        pass  # a process ended in the meantime
    return total / 2**20


def precisions() -> tuple[Precision, ...]:
    """Precisions that the device has natively; emulated bf16 would take an hour for a minute."""
    # Imported here because it loads torch, which not every benchmark needs.
    from alignment.encoder.device import fastest_device, has_bf16

    if has_bf16(fastest_device()):
        return ("bf16", "fp32")
    print("bf16 is left out: this CPU emulates it")
    return ("fp32",)


def spread(values: Sequence[float]) -> str:
    """Median, then lowest and highest value."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def figures(**values: Any) -> None:
    """Print the JSON line, which is the last line of a benchmark."""
    print(json.dumps(values))
