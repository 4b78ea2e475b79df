"""What all measurements share: peak memory and wall time of a command, and the last JSON line."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

if TYPE_CHECKING:
    from alignment.encoder.encoder import Precision

INTERVAL = 0.2  # seconds between two looks at the memory


class Measured(NamedTuple):
    """One run of a command."""

    seconds: float
    mebibytes: float
    """Peak of the proportional set size of the whole process tree."""
    output: str


def measure(command: Sequence[str | Path], **kwargs: Any) -> Measured:
    """Run it to the end.

    Raises:
        SystemExit: with its output, if it fails.
    """
    started, peak = time.monotonic(), 0.0
    with subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **kwargs,
    ) as process:
        tree = psutil.Process(process.pid)
        lines: list[str] = []
        while True:
            try:
                lines.append(process.communicate(timeout=INTERVAL)[0])
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, _memory(tree))
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{''.join(lines)}")
    return Measured(seconds, peak, "".join(lines))


def _memory(root: psutil.Process) -> float:
    total = 0
    try:
        for process in (root, *root.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.Error:
        pass  # it ended while we looked
    return total / 2**20


def precisions() -> tuple[Precision, ...]:
    """Those that the device has: where bf16 is emulated, a minute becomes an hour, and says nothing."""
    from alignment.encoder.encoder import (  # torch, which not every measurement needs
        fastest_device,
        has_bf16,
    )

    if has_bf16(fastest_device()):
        return ("bf16", "fp32")
    print("bf16 is left out: this processor emulates it")
    return ("fp32",)


def spread(values: Sequence[float]) -> str:
    """Median, and from the lowest to the highest."""
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def figures(**values: Any) -> None:
    """The last line of a benchmark."""
    print(json.dumps(values))
