"""Damage to files: what disks, editors and backups do to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CONTENTS = {
    "empty": b"",
    "torn": b'{"version": "v1", "dig',
    "zeros": b"\0" * 512,
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e999",
    "an object without keys": b"{}",
    "not UTF-8": b'{"version": "\xff\xfe"}',
    "UTF-16": '{"version": "v1"}'.encode("utf-16"),
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a long number": b'{"bytes": ' + b"9" * 6000 + b"}",
    "half of a surrogate pair": b'{"version": "\\ud800", "digest": "\\ud800"}',
    "a page": b"<!DOCTYPE html><html>login</html>",
}
"""What may be in a file that should have JSON."""
VALUES: list[Any] = [None, 7, -1, 1.5, True, "text", "", [], [1], {}, {"a": 1}, 10**30, "\ud800"]
"""In place of any value of JSON."""


def flip(path: Path, position: int = -1, bit: int = 0) -> None:
    """Change one bit, by default of the byte in the middle; the size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if position < 0 else position] ^= 1 << bit
    path.write_bytes(bytes(content))


def variations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The document without each key, and with each wrong value for it, two levels deep."""
    for key in document:
        yield f"without {key}", {name: value for name, value in document.items() if name != key}
        for value in VALUES:
            yield f"{key} = {json.dumps(value)}", {**document, key: value}
        inner = document[key]
        if isinstance(inner, dict):
            for name, changed in _inner(inner):
                yield f"{key}.{name}", {**document, key: changed}


def _inner(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in list(document)[:4]:
        yield f"without {key}", {name: value for name, value in document.items() if name != key}
        for value in VALUES:
            yield f"{key} = {json.dumps(value)}", {**document, key: value}
