"""Screenshots of tests that drive a browser; `SCREENSHOTS` names their directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHOTS = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Directory of the screenshots; the summary of the test run names it."""
    place = os.environ.get("SCREENSHOTS")
    directory = Path(place) if place else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    request.config.stash[_SHOTS] = directory
    return directory


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the screenshots are, once."""
    directory = config.stash.get(_SHOTS, None)
    if directory is not None:
        terminalreporter.write_line(f"Screenshots: {directory}")
        del config.stash[_SHOTS]
