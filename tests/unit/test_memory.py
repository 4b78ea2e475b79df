import ctypes
import gc
import platform
import subprocess
import sys
import weakref
from types import SimpleNamespace

import pytest

from alignment import memory


class Node:
    """An object that can refer to itself."""

    itself: "Node | None" = None


def test_release_collects_cycles() -> None:
    node = Node()
    node.itself = node
    reference = weakref.ref(node)
    gc.disable()
    try:
        del node
        assert reference() is not None
        memory.release()
        assert reference() is None
    finally:
        gc.enable()


def test_trim_calls_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=calls.append))
    memory.trim()
    assert calls == [0]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_kept_memory_is_used_again() -> None:
    """Arrays of the size of a batch, which the system would fill with zeros each time."""
    code = """
import resource, sys
import numpy as np
from alignment import memory

def page_faults(rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        arrays = [np.zeros(2**20) + 1 for _ in range(5)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

usual = page_faults(10)
memory.keep_freed()
page_faults(1)
print(usual, page_faults(10))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    usual, kept = map(int, run.stdout.split())
    assert kept < usual / 4


@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_trim_without_glibc(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    memory.trim()
    memory.keep_freed.__wrapped__()


@pytest.mark.parametrize(
    ("free", "limit", "expected"), [(5, None, 5), (5, 3, 3), (None, None, None), (None, 7, 7)]
)
def test_available_bytes_are_the_lower_limit(
    free: int | None, limit: int | None, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_free_bytes", lambda: free)
    monkeypatch.setattr(memory, "_limit_bytes", lambda: limit)
    assert memory.available_bytes() == expected
