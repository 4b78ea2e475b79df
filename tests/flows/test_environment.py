"""Environment variables that Prefect reads when it is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows import environment
from tests.support import ROOT


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PREFECT_HOME", *environment.DEFAULTS):
        monkeypatch.setenv(name, "")  # so that the test's end restores it
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALIGNMENT_WORKSPACE", str(tmp_path / "w"))


def test_database_is_in_the_workspace(tmp_path: Path) -> None:
    environment.set_defaults()
    home = tmp_path / "w" / "prefect"
    assert os.environ["PREFECT_HOME"] == str(home)
    assert not home.exists()
    environment.create_home()
    assert home.is_dir()


def test_what_the_user_set_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "elsewhere"))
    environment.set_defaults()
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "elsewhere")


SETTINGS = """
import json, flows
from prefect.settings import get_current_settings
settings = get_current_settings()
print(json.dumps([str(settings.home), settings.logging.extra_loggers,
                  settings.server.analytics_enabled]))
"""


def test_prefect_sees_the_defaults(tmp_path: Path) -> None:
    """It reads its settings when it is imported, so they must be set before."""
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    home = str(tmp_path / "w" / "prefect")
    assert json.loads(done.stdout) == [home, ["alignment"], False]
    assert not done.stderr  # no warning though the workspace does not exist yet
