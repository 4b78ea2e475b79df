"""A wide terminal, so that tables do not wrap."""

from __future__ import annotations

import pytest

from alignment.cli.display.console import console


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", 160)
