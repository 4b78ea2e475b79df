"""A log in an object store: one object for each entry, numbered from 1, and never changed.

An entry is written on condition that its number is free, so that two writers cannot overwrite one
another, and a storage policy can forbid every change of what was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from alignment.registry.bucket.objects import Objects, concurrently
from alignment.text import parse_json

GAP = 1000
_NAME = re.compile(r"(\d{8,100})\.json")

EntryT = TypeVar("EntryT")


class Entries(NamedTuple):
    """What is in a log."""

    by_number: dict[int, bytes]
    """Ascending."""

    @property
    def last(self) -> int:
        """The highest number; 0 for an empty log."""
        return max(self.by_number, default=0)


class Log:
    """The entries in one folder; what was read once is not read again."""

    def __init__(self, objects: Objects, folder: str) -> None:
        self._objects = objects
        self._folder = folder
        self._known: dict[int, bytes] = {}

    @property
    def where(self) -> str:
        """The address, for messages."""
        return f"{self._objects.where}/{self._folder}"

    def read(self) -> Entries:
        """All entries."""
        numbers = []
        for listed in self._objects.listing(self._folder):
            match = _NAME.fullmatch(listed.name.removeprefix(f"{self._folder}/"))
            if match:
                numbers.append(int(match.group(1)))
        missing = [number for number in numbers if number not in self._known]
        for number, data in zip(missing, concurrently(self._entry, missing), strict=True):
            self._known[number] = data
        return Entries({number: self._known[number] for number in sorted(numbers)})

    def put(self, number: int, entry: Mapping[str, Any]) -> bool:
        """Write an entry; False if there is one with this number."""
        data = json.dumps(entry, ensure_ascii=False).encode()
        return self._objects.put_new(self._name(number), data)

    def append(self, entry: Mapping[str, Any], after: int) -> None:
        """Write an entry under the first free number after `after`."""
        number = after + 1
        while not self.put(number, entry):
            number += 1

    def _entry(self, number: int) -> bytes:
        content = self._objects.get(self._name(number))
        return b"" if content is None else content.data

    def _name(self, number: int) -> str:
        return f"{self._folder}/{number:08d}.json"


def parsed(
    entries: Entries, parse: Callable[[Any], EntryT | None]
) -> tuple[list[EntryT], list[int]]:
    """What can be read, oldest first, and the numbers of damaged and missing entries.

    Of a gap, at most `GAP` numbers are returned: a foreign object may have any number.
    """
    values: list[EntryT] = []
    damaged: list[int] = []
    expected = 1
    for number, data in entries.by_number.items():
        damaged += range(expected, min(number, expected + GAP))
        expected = number + 1
        value = _parsed(data, parse)
        if value is None:
            damaged.append(number)
        else:
            values.append(value)
    return values, damaged


def _parsed(data: bytes, parse: Callable[[Any], EntryT | None]) -> EntryT | None:
    try:
        return parse(parse_json(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
