"""The command line, and the workspace of a finished smoke run."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from tests.support import SMOKE, Cli, run_cli, run_in_process

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Where transformers copies Python code that comes with a model; read when it is imported.
_MODULES = tempfile.TemporaryDirectory(prefix="modules-")
os.environ.setdefault("HF_MODULES_CACHE", _MODULES.name)

LONG_ID = 24
# Hypothesis's deadline of 200 ms is a matter of what else the machine does.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture
def cli() -> Cli:
    """Runs `alignment` with these arguments in this process."""
    return run_in_process


@pytest.fixture
def new_process() -> Cli:
    """Runs `alignment` with these arguments in a new process, which takes seconds."""
    return run_cli


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of one smoke run, which all tests share: read it, never change it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    workspace = shared / "finished"
    with FileLock(shared / "finished.lock"):
        if not (workspace / "done").is_file():
            done = run_in_process("run", SMOKE, "--workspace", workspace)
            assert done.returncode == 0, done.stdout + done.stderr
            (workspace / "done").touch()
    return workspace


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later garbage collection.

    Training collects garbage explicitly: among the objects of torch and of thousands of tests, that
    takes longer than a training of four steps.
    """
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long bytes by their length: an archive holds the second in which it was made.

    Otherwise two workers of pytest-xdist may collect different names.
    """
    if isinstance(val, bytes) and len(val) > LONG_ID:
        return f"{argname} of {len(val)} bytes"
    return None
