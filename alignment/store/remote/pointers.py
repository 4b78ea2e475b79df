"""Which artifact each stage and language gave last, on any machine: `store/latest/STAGE-LANGUAGE`.

It tells why a stage is run again, and what `alignment store gc` keeps. Nothing is wrong without it.
"""

from __future__ import annotations

import functools

from alignment.objectstore.objects import Content, Objects, concurrently
from alignment.objectstore.patience import patiently
from alignment.store.keys import KEY
from alignment.store.latest import LATEST, pointer_name
from alignment.store.remote.artifacts import STORE

_FOLDER = f"{STORE}/{LATEST}"


class Pointers:
    """The pointers in an object store."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def read(self, stage: str, label: str) -> str | None:
        """The key; None if there is none or it is damaged."""
        return _key_in(self._get(_object(stage, label)))

    def write(self, stage: str, label: str, key: str) -> None:
        """Let a pointer name this key. If another machine writes it now, that one was the last."""
        name = _object(stage, label)
        present = self._get(name)
        if present is None:
            self._objects.put_new(name, key.encode())
        elif present.data != key.encode():
            self._objects.replace(name, key.encode(), present.revision)

    def keys(self) -> list[str]:
        """The keys of all pointers; damaged ones are left out."""
        names = [entry.name for entry in self._objects.listing(_FOLDER)]
        keys = [_key_in(content) for content in concurrently(self._get, names)]
        return [key for key in keys if key is not None]

    def _get(self, name: str) -> Content | None:
        return patiently(functools.partial(self._objects.get, name))


def _object(stage: str, label: str) -> str:
    return f"{_FOLDER}/{pointer_name(stage, label)}"


def _key_in(content: Content | None) -> str | None:
    if content is None:
        return None
    key = content.data.decode("utf-8", "replace")
    return key if KEY.fullmatch(key) else None
