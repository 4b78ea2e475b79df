"""`alignment.lock`: the size and sha256 of every file on its first download.

Commit it together with the configuration.
"""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from alignment.errors import ChecksumMismatch, ConfigError
from alignment.files import write_json
from alignment.redaction import redacted_address
from alignment.text import parse_json
from alignment.workers import Guard

VERSION = 1


@dataclass(frozen=True)
class LockedFile:
    """The file that one address gave."""

    url: str
    """Without passwords and tokens, so that it stays the same when they change."""
    size: int
    """Bytes."""
    sha256: str
    date: str
    """When these bytes were first accepted, ISO 8601."""
    license: str


class Lockfile:
    """Locked files by address, written to disk on every addition.

    Without a path it lives in memory only. With `update`, changed bytes replace the locked ones.
    """

    def __init__(self, path: Path | None = None, *, update: bool = False) -> None:
        self.path = path
        self.update = update
        self.changed: list[tuple[LockedFile, LockedFile]] = []
        """Replaced entries: (old, new)."""
        self._guard = Guard()
        self._entries = self._read()

    def get(self, url: str) -> LockedFile | None:
        """The locked file of an address."""
        return self._entries.get(redacted_address(url))

    def entries(self) -> list[LockedFile]:
        """All locked files, sorted by address."""
        return [self._entries[url] for url in sorted(self._entries)]

    def accept(self, url: str, size: int, sha256: str, license: str) -> None:
        """Compare a file with the locked one, or lock it if the address is new.

        Raises:
            ChecksumMismatch: if other bytes are locked and this is not an update.
            ConfigError: if the lockfile cannot be written.
        """
        url = redacted_address(url)
        with self._guard:
            locked = self._entries.get(url)
            if locked is not None and locked.sha256 == sha256:
                return
            if locked is not None and not self.update:
                raise ChecksumMismatch(
                    f"got {size:,} bytes with sha256 {sha256[:12]}, expected {locked.size:,} bytes "
                    f"with {locked.sha256[:12]}, as locked on {locked.date}",
                    where=url,
                    hint="If you expect this change, accept it: `alignment lock CONFIG --update`.",
                )
            today = datetime.datetime.now(datetime.UTC).date().isoformat()
            entry = LockedFile(url, size, sha256, today, license)
            if locked is not None:
                self.changed.append((locked, entry))
            self._write(entry)

    def _read(self) -> dict[str, LockedFile]:
        if self.path is None or not self.path.is_file():
            return {}
        try:
            document = parse_json(self.path.read_bytes())
            entries = [LockedFile(**entry) for entry in document["files"]]
            for entry in entries:
                _check(entry)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ConfigError(
                f"cannot read the lockfile ({error})",
                where=str(self.path),
                hint="Restore it from version control.",
            ) from error
        by_address = {}
        for entry in sorted(entries, key=lambda entry: entry.date):
            url = redacted_address(entry.url)  # earlier releases wrote the whole address
            by_address[url] = replace(entry, url=url)
        return by_address

    def _write(self, entry: LockedFile) -> None:
        """Add one entry to the file, to which another process may have added others."""
        self._entries[entry.url] = entry
        if self.path is None:
            return
        try:
            with FileLock(self.path.with_name(f".{self.path.name}.guard")):
                for unfinished in self.path.parent.glob(f".{self.path.name}.[0-9]*"):
                    unfinished.unlink(missing_ok=True)  # left by a killed process
                merged = {**self._read(), entry.url: entry}
                files = [asdict(merged[url]) for url in sorted(merged)]
                write_json(self.path, {"version": VERSION, "files": files})
        except OSError as error:
            raise ConfigError(
                f"cannot write the lockfile: {error.strerror}",
                where=str(self.path),
                hint="Make its directory writable, or set `lock:` to another path.",
            ) from error
        self._entries = merged


def _check(entry: LockedFile) -> None:
    """Whether its values have the right types, which an edited file may not.

    Raises:
        TypeError: if one has not.
    """
    texts = (entry.url, entry.sha256, entry.date, entry.license)
    if not all(isinstance(text, str) for text in texts) or not isinstance(entry.size, int):
        raise TypeError(f"the values of {str(entry.url)[:100]!r} have wrong types")
