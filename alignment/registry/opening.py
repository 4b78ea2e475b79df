"""Opening a registry by its place: the path of a directory, or the address of a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.config.registry import is_bucket
from alignment.objectstore.address import bucket_address
from alignment.objectstore.objects import StoredObjects
from alignment.objectstore.opening import open_objects
from alignment.registry.attempts import ATTEMPTS
from alignment.registry.bucket.backend import BucketBackend
from alignment.registry.bucket.cache import Cache
from alignment.registry.bucket.state import NAME
from alignment.registry.link import VERSION
from alignment.registry.registry import Registry


def open_registry(
    place: str | Path, name: str, cache: Path, retries: Mapping[str, Any] | None = None
) -> Registry:
    """The versions of one model.

    Args:
        place: A directory that holds models, or an address such as `s3://bucket/prefix`.
        name: Name of the model.
        cache: Directory for copies of versions that are in a bucket.
        retries: How often requests to a bucket are repeated; see `objectstore.address`.

    Raises:
        ConfigError: if the address is not usable, or the extra `bucket` is not installed.
    """
    if not is_bucket(str(place)):
        return Registry(Path(place), name)
    address = bucket_address(str(place))
    prefix = f"{address.prefix}/{name}".lstrip("/")
    address = address._replace(prefix=prefix)
    objects = open_objects(address, retries)
    return Registry(BucketBackend(objects, name, Cache(cache)), name)


def model_names(place: str | Path) -> list[str]:
    """Names of the models in a registry.

    Raises:
        ConfigError: if the address is not usable, or the extra `bucket` is not installed.
        Unavailable: if the object store does not answer.
    """
    if is_bucket(str(place)):
        address = bucket_address(str(place))
        objects = open_objects(address)
        return [name for name in objects.folders("") if _is_model(objects, name)]
    root = Path(place)
    if not root.is_dir():
        return []
    names = [path.name for path in root.iterdir() if path.is_dir() and _has_versions(path)]
    return sorted(name for name in names if not name.startswith("."))


def _is_model(objects: StoredObjects, name: str) -> bool:
    if objects.get(f"{name}/{NAME}") is not None:
        return True
    return any(VERSION.fullmatch(folder) for folder in objects.folders(name))


def _has_versions(path: Path) -> bool:
    """A model that the gate has always refused has a record of its attempts and nothing else."""
    names = {entry.name for entry in path.iterdir()}
    return ATTEMPTS not in names or not names <= {ATTEMPTS, ".lock"}
