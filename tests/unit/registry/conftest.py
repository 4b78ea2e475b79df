"""Registries in a directory, in memory, and on the S3 server that all tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from alignment.registry import Registry
from tests.buckets import bucket_registry, memory_objects, s3_objects

Opener = Callable[[], Registry]


@pytest.fixture(params=["directory", "memory", pytest.param("s3", marks=pytest.mark.slow)])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same registry again, as another process does.

    What a bucket needs of S3 is in `bucket/test_objects.py`, which is part of the default run.
    """
    if request.param == "directory":
        return lambda: Registry(tmp_path / "registry", "demo")
    if request.param == "memory":
        objects = memory_objects()
    else:
        endpoint = request.getfixturevalue("s3_server")
        objects = s3_objects(endpoint, request.getfixturevalue("s3_prefix"))
    return lambda: bucket_registry(objects, tmp_path / "cache")


@pytest.fixture
def anywhere(reopen: Opener) -> Registry:
    """The same tests for each kind of registry."""
    return reopen()
