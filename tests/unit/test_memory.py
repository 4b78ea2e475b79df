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
