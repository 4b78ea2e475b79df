"""The files of a run's record, which are compared with their sha256 when they are read.

A wrong digit in `summary.json` would be shown, compared and sent like a right one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from alignment.errors import Corrupt
from alignment.files import json_text, write_atomically, write_json
from alignment.text import parse_json

DIGESTS = "digests.json"
"""What each file may be: a list, because a file is replaced after its new digest is known here."""


def record_digests(directory: Path) -> None:
    """Write the digests of the files that are in the directory of a run."""
    digests = {}
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.name != DIGESTS:
            digests[path.name] = [_sha256(path.read_bytes())]
    write_json(directory / DIGESTS, digests)


def replace_record_file(path: Path, value: Any) -> None:
    """Write JSON in place of a file of a record: a killed process leaves the old or the new one.

    Raises:
        OSError: if it cannot be written.
    """
    text = json_text(value)
    digests = _read_digests(path.parent)
    if path.name in digests:
        digests[path.name].append(_sha256(text.encode()))
        write_json(path.parent / DIGESTS, digests)
    write_atomically(path, text)


def read_record_file(path: Path) -> bytes:
    """The content of a file of a record; one of an earlier release is read as it is.

    Raises:
        Corrupt: if it has changed since it was written.
        OSError: if it cannot be read.
    """
    content = path.read_bytes()
    allowed = _read_digests(path.parent).get(path.name)
    if allowed is not None and _sha256(content) not in allowed:
        raise Corrupt(
            f"{path.name} is not what the run wrote",
            where=str(path),
            hint="Delete the directory of this run: its artifacts stay, and running its "
            "configuration again writes a new record.",
        )
    return content


def _read_digests(directory: Path) -> dict[str, list[str]]:
    """Nothing if there are none. A damaged file only means that nothing can be compared."""
    try:
        digests = parse_json((directory / DIGESTS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return digests if isinstance(digests, dict) else {}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
