"""The environment of processes that use Prefect."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """No settings of Prefect's, and a home and a workspace that are empty."""
    home = tmp_path_factory.mktemp("flow")
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
    }
    return {
        **inherited,
        "ALIGNMENT_WORKSPACE": str(home),
        "HOME": str(home / "user"),
        "CI": "true",
        "COLUMNS": "160",
    }
