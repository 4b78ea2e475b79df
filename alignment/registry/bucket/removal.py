"""Deleting a version from a bucket."""

from __future__ import annotations

import datetime

from alignment.manifests import MANIFEST
from alignment.objectstore.objects import Listed, Objects
from alignment.registry.bucket.versions import CLAIM
from alignment.registry.link import VERSION
from alignment.registry.names import REMOVED

UNFINISHED_HOURS = 24
"""An upload without a manifest that did not go on for so long was killed."""


def delete_version(objects: Objects, name: str) -> None:
    """Delete a version, its manifest first; killed at any point, the same call goes on.

    Its manifest is kept in `removed/`. Its claim stays, so that its name is never used again.
    """
    manifest = objects.get(f"{name}/{MANIFEST}")
    if manifest is not None:
        objects.put_new(f"{REMOVED}/{name}.json", manifest.data)
        objects.delete([f"{name}/{MANIFEST}"])
    listed = [entry.name for entry in objects.listing(name)]
    objects.delete([file for file in listed if file != f"{name}/{CLAIM}"])


def unfinished_uploads(objects: Objects) -> dict[str, list[Listed]]:
    """What killed uploads left more than `UNFINISHED_HOURS` ago, by the name of the version."""
    now = datetime.datetime.now(datetime.UTC)
    old = now - datetime.timedelta(hours=UNFINISHED_HOURS)
    left = {}
    for name in objects.folders(""):
        if not VERSION.fullmatch(name) or objects.get(f"{name}/{MANIFEST}") is not None:
            continue
        files = [entry for entry in objects.listing(name) if entry.name != f"{name}/{CLAIM}"]
        if files and all(entry.modified < old for entry in files):
            left[name] = files
    return left
