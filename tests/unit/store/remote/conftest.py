"""Requests are repeated without waiting, and nothing waits for the disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from alignment.objectstore import patience
from tests.faulty_disk import no_fsync


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.0)
    with no_fsync():
        yield
