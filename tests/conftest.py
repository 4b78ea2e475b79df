"""Fixtures: the command line, and one finished smoke run to look at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import SMOKE, Cli, run_cli

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@pytest.fixture
def cli() -> Cli:
    return run_cli


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of one smoke run through the command line. Look, do not touch."""
    workspace = tmp_path_factory.mktemp("finished")
    done = run_cli("run", SMOKE, "--workspace", workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace
