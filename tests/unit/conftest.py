"""A small project with a trained model, and an S3 server that all tests of a process share."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.templates import Template, write_project
from tests.buckets import running_s3

_prefixes = itertools.count()


@pytest.fixture(scope="session")
def trained_project(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smoke template with the workspace of the smoke run, so that a run reuses every stage.

    The tests of a process share it: add to it, do not change what it has.
    """
    path = tmp_path_factory.mktemp("project")
    write_project(path, Template.smoke)
    shutil.copytree(finished, path / "workspace", symlinks=True)
    return path


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server on loopback, with one bucket."""
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def s3_prefix() -> str:
    """A prefix of its own for each test."""
    return f"prefix-{next(_prefixes)}/demo"
