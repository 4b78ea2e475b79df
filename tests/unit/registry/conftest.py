"""Registries in a directory, in memory, and on a moto server that all tests share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alignment.registry import Registry
from tests.buckets import bucket_registry, memory_objects, running_s3, s3_objects

Opener = Callable[[], Registry]
_prefixes = itertools.count()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server on loopback, with one bucket."""
    with running_s3() as endpoint:
        yield endpoint


@pytest.fixture
def s3_prefix() -> str:
    """A prefix of its own for each test."""
    return f"prefix-{next(_prefixes)}/demo"


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
