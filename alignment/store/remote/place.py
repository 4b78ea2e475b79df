"""A place that several machines share, as one machine uses it."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alignment.config.registry import BucketAddress
from alignment.config.workspace import SharedFolder, SharedPlace, cache_directory, shared_place
from alignment.errors import ConfigError
from alignment.files import make_writable, write_atomically
from alignment.objectstore.address import FIRST_RETRIES, RETRIES
from alignment.objectstore.copies import limit_bytes
from alignment.objectstore.folder import FolderObjects
from alignment.objectstore.objects import Objects
from alignment.objectstore.opening import open_objects
from alignment.store.remote.artifacts import RemoteArtifacts
from alignment.store.remote.files import RemoteFiles
from alignment.store.remote.leases import Leases
from alignment.store.remote.mirror import RemoteMirror
from alignment.store.remote.records import RUNS, RemoteRecords

LIMIT_GB = 100
"""Of the artifacts on this machine, unless `ALIGNMENT_WORKSPACE_CACHE_GB` says something else."""
_IDENTITY = "identity"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SharedWorkspace:
    """What is in the shared place, and where this machine keeps its copies."""

    place: str
    """The address."""
    objects: Objects
    cache: Path
    """Directory of this machine: copies, downloads and tracebacks."""
    limit: int
    """Bytes that the copies of artifacts may take."""
    registry: str
    """Place of the published models."""

    @cached_property
    def leases(self) -> Leases:
        """The locks of runs."""
        return Leases(self.objects, _identity(self.cache))

    def mirror(self) -> RemoteMirror:
        """Keeps the store of this machine in step."""
        remote = RemoteArtifacts(self.objects)
        return RemoteMirror(remote, self.cache / "store", self.limit, self.leases)

    @cached_property
    def records(self) -> RemoteRecords:
        """The records of the runs of all machines."""
        return RemoteRecords(self.objects, self.cache / RUNS)

    @cached_property
    def files(self) -> RemoteFiles:
        """Small files that all machines see."""
        return RemoteFiles(self.objects, self.cache)


def open_shared(text: str) -> SharedWorkspace | None:
    """The shared place at an address; None if this is the path of a directory.

    The first request shows whether there is such a bucket and whether it can be read.

    Raises:
        ConfigError: if it is no usable address, there is no such bucket or folder, the extra
            `bucket` is not installed, or the credentials do not do.
        Unavailable: if the object store does not answer.
    """
    place = parsed_place(text)
    if place is None:
        return None
    objects = _objects(place)
    cache = cache_directory(place)
    _make_usable(cache)
    limit = limit_bytes("ALIGNMENT_WORKSPACE_CACHE_GB", LIMIT_GB)
    return SharedWorkspace(str(place), objects, cache, limit, _registry(place))


def parsed_place(text: str) -> SharedPlace | None:
    """As `shared_place`, with one error for the user.

    Raises:
        ConfigError: if it is neither an address nor the path of a directory.
    """
    try:
        return shared_place(text)
    except ValueError as error:
        raise ConfigError(
            str(error), where="workspace", hint="See docs/how-to/workspace-in-a-bucket.md."
        ) from error


def _objects(place: SharedPlace) -> Objects:
    if isinstance(place, SharedFolder):
        return FolderObjects(place.path, str(place))
    open_objects(place, FIRST_RETRIES).folders("")
    return open_objects(place, RETRIES)


def _registry(place: SharedPlace) -> str:
    if isinstance(place, BucketAddress):
        return f"{place}/registry"
    return str(place.path / "registry")


def _make_usable(cache: Path) -> None:
    try:
        make_writable(cache)
    except ConfigError as error:
        raise ConfigError(
            f"the copies of this machine: {error.problems[0].message}",
            where=str(cache),
            hint="Set ALIGNMENT_WORKSPACE_CACHE to another directory.",
        ) from error


def _identity(cache: Path) -> str:
    """A random name of this directory, which two machines do not share."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / _IDENTITY
    if not path.is_file():
        write_atomically(path, uuid.uuid4().hex)
    return path.read_text(encoding="utf-8")
