"""A small project with a trained model, for tests of the public API."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alignment.templates import Template, write_project


@pytest.fixture(scope="session")
def trained_project(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke template with the workspace of the smoke run, so that a run reuses every stage.

    The tests of a process share it: add to it, do not change what it has.
    """
    path = tmp_path_factory.mktemp("project")
    write_project(path, Template.smoke)
    shutil.copytree(finished, path / "workspace", symlinks=True)
    return path
