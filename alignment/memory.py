"""Returns freed memory to the operating system, and says how much is in use."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import resource
import sys
from pathlib import Path

_MIB = 2**20
_GIB = 2**30
_M_TRIM_THRESHOLD = -1  # numbers of malloc.h
_M_MMAP_THRESHOLD = -3
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def release() -> None:
    """Collect garbage and return free pages; batches of many sizes fragment glibc's heap."""
    gc.collect()
    trim()


def trim() -> None:
    """Return free pages without collecting garbage; does nothing without glibc's `malloc_trim`."""
    _call_glibc("malloc_trim", 0)


@functools.cache
def keep_freed() -> None:
    """Let glibc keep 64 MiB that were freed, for work that makes the same arrays for each batch.

    Otherwise it returns large arrays to the system one by one, and every page that comes back is
    filled with zeros first. Lasts as long as the process; `trim` still returns everything.
    """
    _call_glibc("mallopt", _M_MMAP_THRESHOLD, 32 * _MIB)  # the most that glibc takes
    _call_glibc("mallopt", _M_TRIM_THRESHOLD, 64 * _MIB)


def _call_glibc(name: str, *arguments: int) -> None:
    """Call a function of the C library if it is one of glibc's, as only Linux has it."""
    if sys.platform != "linux":
        return
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)


def described(peak: int | None = None) -> str:
    """What a process has used and may use: `this process used 2.1 GiB, 0.3 GiB are free`.

    `peak` is what another process has used, in bytes.
    """
    if peak is None:
        parts = [f"this process used {_peak_bytes() / _GIB:.1f} GiB"]
    else:
        parts = [f"it used {peak / _GIB:.1f} GiB"]
    free = _free_bytes()
    if free is not None:
        parts.append(f"{free / _GIB:.1f} GiB are free")
    limit = _limit_bytes()
    if limit is not None:
        parts.append(f"its limit is {limit / _GIB:.1f} GiB")
    return ", ".join(parts)


def available_bytes() -> int | None:
    """Memory that this process may take; None if the system does not say.

    The free memory of the system, or a lower limit of the process or its container.
    """
    amounts = [amount for amount in (_free_bytes(), _limit_bytes()) if amount is not None]
    return min(amounts, default=None)


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_of(process: int) -> int | None:
    """The most bytes that a running process and its children have used, the sum of their peaks.

    From Linux's `/proc`; None if unknown.
    """
    directory = Path(f"/proc/{process}")
    try:
        lines = (directory / "status").read_text(encoding="ascii", errors="replace")
        values = dict(line.split(":", 1) for line in lines.splitlines())
        peak = int(values["VmHWM"].split()[0]) * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return None
    with contextlib.suppress(OSError):  # not every kernel lists them
        for child in (directory / "task" / str(process) / "children").read_text().split():
            peak += peak_of(int(child)) or 0
    return peak


def _free_bytes() -> int | None:
    """Memory that the system could still give, from Linux's `/proc/meminfo`."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        values = dict(line.split(":", 1) for line in lines)
        return int(values["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError, MemoryError):
        return None


def _limit_bytes() -> int | None:
    """The lower one of the limits by `ulimit -v` and by the container."""
    limits = []
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    for path in _LIMITS:
        try:
            limits.append(int(path.read_text(encoding="ascii")))
        except (OSError, ValueError, MemoryError):  # `max`, or no such controller
            continue
    lowest = min(limits, default=None)
    return lowest if lowest is not None and lowest < 2**50 else None
