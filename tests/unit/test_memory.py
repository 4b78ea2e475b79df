import ctypes
import gc
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


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_trim_without_glibc(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    memory.trim()


@pytest.mark.parametrize(
    ("free", "limit", "expected"), [(5, None, 5), (5, 3, 3), (None, None, None), (None, 7, 7)]
)
def test_available_bytes_are_the_lower_limit(
    free: int | None, limit: int | None, expected: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_free_bytes", lambda: free)
    monkeypatch.setattr(memory, "_limit_bytes", lambda: limit)
    assert memory.available_bytes() == expected
