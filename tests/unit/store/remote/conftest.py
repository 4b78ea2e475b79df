"""Requests are repeated without waiting."""

from __future__ import annotations

import pytest

from alignment.objectstore import patience


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.0)
