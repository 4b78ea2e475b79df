"""Opening the objects at an address."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from alignment.config.registry import BucketAddress
from alignment.objectstore.address import open_store
from alignment.objectstore.objects import StoredObjects


def open_objects(address: BucketAddress, retries: Mapping[str, Any] | None = None) -> StoredObjects:
    """The objects under an address; they can be sent to other processes, without credentials.

    Args:
        address: The place.
        retries: As for `open_store`.

    Raises:
        ConfigError: if the extra `bucket` is not installed, or the environment is not usable.
    """
    reopen = functools.partial(open_objects, address, retries)
    return StoredObjects(open_store(address, retries), str(address), reopen)
