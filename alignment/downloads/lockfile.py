"""`alignment.lock`: what every address gave when it was first fetched. Commit it beside the configuration."""

from __future__ import annotations

import datetime
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from alignment.errors import ChecksumMismatch, ConfigError
from alignment.files import write_json

VERSION = 1


@dataclass(frozen=True)
class Locked:
    """One address."""

    url: str
    size: int
    sha256: str
    date: str
    """When these bytes were first accepted, ISO 8601."""
    license: str


class Lockfile:
    """The entries by address; written as soon as one is added. Without a path nothing is remembered."""

    def __init__(self, path: Path | None = None, *, update: bool = False) -> None:
        self.path = path
        self.update = update
        self.changed: list[tuple[Locked, Locked]] = []
        """Entries that were replaced, before and after."""
        self._guard = threading.Lock()
        self._entries = self._read()

    def get(self, url: str) -> Locked | None:
        """What is locked for the address."""
        return self._entries.get(url)

    def entries(self) -> list[Locked]:
        """All, by address."""
        return [self._entries[url] for url in sorted(self._entries)]

    def accept(self, url: str, size: int, sha256: str, license: str) -> None:
        """Compare with what is locked, or lock it.

        Raises:
            ChecksumMismatch: if other bytes are locked, and this is not an update.
        """
        with self._guard:
            before = self._entries.get(url)
            if before is not None and before.sha256 == sha256:
                return
            now = Locked(
                url, size, sha256, datetime.datetime.now(datetime.UTC).date().isoformat(), license
            )
            if before is not None and not self.update:
                raise ChecksumMismatch(
                    f"got {size:,} bytes with sha256 {sha256[:12]}, expected {before.size:,} with {before.sha256[:12]} "
                    f"as locked on {before.date}",
                    where=url,
                    hint="If the change is meant, accept it with `alignment lock CONFIG --update`.",
                )
            if before is not None:
                self.changed.append((before, now))
            self._write(now)

    def _read(self) -> dict[str, Locked]:
        if self.path is None or not self.path.is_file():
            return {}
        try:
            document = json.loads(self.path.read_text(encoding="utf-8"))
            return {entry["url"]: Locked(**entry) for entry in document["files"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"the lockfile is unreadable ({error})",
                where=str(self.path),
                hint="Restore it from version control.",
            ) from error

    def _write(self, entry: Locked) -> None:
        """Add one entry to what is in the file by now; another process may have added others."""
        self._entries[entry.url] = entry
        if self.path is None:
            return
        try:
            with FileLock(self.path.with_name(f".{self.path.name}.guard")):
                merged = {**self._read(), entry.url: entry}
                files = [asdict(merged[url]) for url in sorted(merged)]
                write_json(self.path, {"version": VERSION, "files": files})
        except OSError as error:
            raise ConfigError(
                f"the lockfile cannot be written: {error.strerror}",
                where=str(self.path),
                hint="Make its directory writable, or name another place with `lock:`.",
            ) from error
        self._entries = merged
