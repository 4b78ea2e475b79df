"""The cache of downloads: files by sha256, each fetched once and checked against the lockfile.

A file grows in `partial/` and is renamed into `objects/` once it is complete, so the cache never
holds half a file. `urls/` records which object each address gave.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from filelock import FileLock

from alignment.downloads.address import checked, file_name, host, is_http
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.retry import RetryPolicy
from alignment.downloads.transfer import Progress, ResumableDownload, sidecar
from alignment.errors import (
    ArtifactError,
    ChecksumMismatch,
    ConfigError,
    SourceError,
    Unavailable,
)
from alignment.extras import require
from alignment.files import file_digest, write_json
from alignment.redaction import redacted_address

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Address:
    """Where a file can be fetched."""

    url: str
    sha256: str | None = None
    """What the source of the address says about the file; None if it says nothing."""


@dataclass
class Downloads:
    """The download cache of one workspace. Safe to share between threads and processes."""

    root: Path
    lock: Lockfile = field(default_factory=Lockfile)
    offline: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    per_host: int = 2
    """Simultaneous downloads from one host."""
    progress: Progress | None = None
    _addresses: dict[str, str] = field(default_factory=dict, repr=False)
    """The addresses of this run by what they are called in the cache and the lockfile."""
    _host_slots: dict[str, threading.Semaphore] = field(default_factory=dict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fetch(self, url: str, *, license: str = "unknown") -> Path:
        """The file at this address, from the cache or the network.

        Addresses are http(s), or any scheme that fsspec knows (s3, gs, file). `${NAME}` is an
        environment variable; its value is read for the request and stored nowhere. The cache and
        the lockfile know an address without its secrets.

        Raises:
            ConfigError: if the address needs a package that is not installed or a variable that is
                not set, or if only its secrets distinguish it from another address.
            Unavailable: if the server gives no usable answer, or the run is offline.
            ChecksumMismatch: if the bytes differ from the locked ones.
            NotFound: if the server does not have the file.
            SourceError: if the server refuses.
        """
        self._check_distinct(url)
        return self.fetch_as(url, lambda: Address(url), license=license)

    def fetch_as(
        self, identity: str, resolve: Callable[[], Address], *, license: str = "unknown"
    ) -> Path:
        """Like `fetch`, for a file that several addresses may give.

        Args:
            identity: What the cache and the lockfile call it.
            resolve: Called for its address if it is not in the cache.
            license: Copied to the lockfile.

        Raises:
            ChecksumMismatch: also if the bytes differ from the checksum of the address.
        """
        for name in ("objects", "partial", "urls"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "urls" / f"{_name(identity)}.lock"):
            cached = None if self.lock.update else self._cached(identity)
            if cached is not None:
                self.lock.accept(identity, cached.stat().st_size, cached.name, license)
                return cached
            if self.offline:
                raise Unavailable(
                    "not in the cache, and this run is offline",
                    where=redacted_address(identity),
                    hint="Run once with network access.",
                )
            address = resolve()
            with self._host_slot(address.url):
                return self._download(identity, address, license)

    def fetch_named(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
        """Like `fetch`, but the path ends in `name`, which tells readers the format.

        Without `name` the last part of the address is used.
        """
        path = self.fetch(url, license=license)
        link_name = PurePosixPath(name or file_name(url)).name
        link = self.root / "named" / _name(url) / link_name
        link.parent.mkdir(parents=True, exist_ok=True)
        temporary = link.with_name(f".{link.name}.{os.getpid()}.{threading.get_ident()}")
        temporary.symlink_to(path.resolve())
        os.replace(temporary, link)
        return link

    def _host_slot(self, url: str) -> threading.Semaphore:
        with self._guard:
            return self._host_slots.setdefault(host(url), threading.Semaphore(self.per_host))

    def _check_distinct(self, url: str) -> None:
        """Refuse two addresses that the cache would take for one."""
        name = redacted_address(url)
        with self._guard:
            other = self._addresses.setdefault(name, url)
        if other != url:
            raise ConfigError(
                "two addresses differ only in the user, the password or a token, so the lockfile "
                "cannot tell their files apart",
                where=name,
                hint="Write what differs as references to environment variables: ${NAME}.",
            )

    def _cached(self, identity: str) -> Path | None:
        """The locked file, else the one that it was last time, if its size is right."""
        locked = self.lock.get(identity)
        if locked is not None:
            return self._object(locked.sha256, locked.size)
        try:
            record = json.loads(self._record(identity).read_text())
        except (OSError, ValueError):
            return None
        return self._object(record.get("sha256"), record.get("size"))

    def _object(self, digest: str | None, size: int | None) -> Path | None:
        path = self.root / "objects" / str(digest)
        if digest and path.is_file() and path.stat().st_size == size:
            return path
        return None

    def _record(self, identity: str) -> Path:
        return self.root / "urls" / f"{_name(identity)}.json"

    def _download(self, identity: str, address: Address, license: str) -> Path:
        partial = self.root / "partial" / _name(identity)
        self._transfer(address.url, partial)
        digest = file_digest(partial)
        size = partial.stat().st_size
        try:
            _check_digest(address, digest)
            self.lock.accept(identity, size, digest, license)
        except SourceError:
            partial.unlink()
            raise
        final = self.root / "objects" / digest
        os.replace(partial, final)
        sidecar(partial).unlink(missing_ok=True)
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        record = {
            "url": redacted_address(address.url),
            "sha256": digest,
            "size": size,
            "date": date,
        }
        write_json(self._record(identity), record)
        return final

    def _transfer(self, url: str, partial: Path) -> None:
        try:
            resolved = checked(url)
            if is_http(resolved):
                ResumableDownload(resolved, partial, self.retry, self.progress).run()
            else:
                _copy_through_fsspec(resolved, partial)
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            raise ArtifactError(
                "the disk is full while downloading",
                where=str(self.root),
                hint="Free some space and run again: HTTP downloads resume.",
            ) from error


def _check_digest(address: Address, digest: str) -> None:
    if address.sha256 is not None and address.sha256 != digest:
        raise ChecksumMismatch(
            f"got a file with sha256 {digest[:12]}, expected {address.sha256[:12]}",
            where=redacted_address(address.url),
            hint="Run again; if it stays so, the mirror has a damaged file.",
        )


def _copy_through_fsspec(url: str, partial: Path) -> None:
    """Copy the whole file; fsspec's file systems retry by themselves and resume nothing."""
    require("fsspec", "remote", redacted_address(url))
    import fsspec

    try:
        with fsspec.open(url, "rb") as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"cannot open the address: {error}", where=redacted_address(url)
        ) from error
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise
        raise Unavailable(
            f"cannot be read ({error})",
            where=redacted_address(url),
            hint="Check the address and your access rights.",
        ) from error


def _name(identity: str) -> str:
    return hashlib.sha256(redacted_address(identity).encode()).hexdigest()[:32]
