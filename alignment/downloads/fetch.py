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
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from filelock import FileLock

from alignment.downloads.address import redacted
from alignment.downloads.allowance import Allowance
from alignment.downloads.content import check_content
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.retry import RetryPolicy
from alignment.downloads.transfer import (
    Progress,
    ResumableDownload,
    can_resume,
    discard,
    discard_useless,
    sidecar,
)
from alignment.errors import (
    ArtifactError,
    ChecksumMismatch,
    ConfigError,
    SourceError,
    Unavailable,
)
from alignment.extras import require
from alignment.files import file_digest, write_json

_CHUNK_BYTES = 2**20
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
    allowance: Allowance = field(default_factory=Allowance)
    """How large a file may be, and what may be downloaded in all."""
    progress: Progress | None = None
    _host_slots: dict[str, threading.Semaphore] = field(default_factory=dict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fetch(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
        """The file at this address, from the cache or the network.

        Addresses are http(s), or any scheme that fsspec knows (s3, gs, file).

        Raises:
            ConfigError: if the address needs a package that is not installed.
            Unavailable: if the server gives no usable answer, or the run is offline.
            ChecksumMismatch: if the bytes differ from the locked ones.
            NotFound: if the server does not have the file.
            WrongContent: if it is a page, or another kind of file than its name says.
            TooLarge: if it is larger than `allowance` has left.
            SourceError: if the server refuses.
        """
        return self.fetch_as(url, lambda: Address(url), license=license, name=name)

    def fetch_as(
        self,
        identity: str,
        resolve: Callable[[], Address],
        *,
        license: str = "unknown",
        name: str | None = None,
    ) -> Path:
        """Like `fetch`, for a file that several addresses may give.

        Args:
            identity: What the cache and the lockfile call it.
            resolve: Called for its address if it is not in the cache.
            license: Copied to the lockfile.
            name: A name that says what kind of file it is; otherwise the address says it.

        Raises:
            ChecksumMismatch: also if the bytes differ from the checksum of the address.
        """
        for folder in ("objects", "partial", "urls"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "urls" / f"{_name(identity)}.lock"):
            cached = None if self.lock.update else self._cached(identity)
            if cached is not None:
                check_content(cached, name or _path_of(identity), redacted(identity))
                self.lock.accept(identity, cached.stat().st_size, cached.name, license)
                return cached
            if self.offline:
                raise Unavailable(
                    "not in the cache, and this run is offline",
                    where=redacted(identity),
                    hint="Run once with network access.",
                )
            address = resolve()
            with self._host_slot(address.url):
                return self._download(identity, address, license, name)

    def fetch_named(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
        """Like `fetch`, but the path ends in `name`, which tells readers the format.

        Without `name` the last part of the address is used.
        """
        path = self.fetch(url, license=license, name=name)
        file_name = PurePosixPath(name or _path_of(url)).name or "file"
        link = self.root / "named" / _name(url) / file_name
        link.parent.mkdir(parents=True, exist_ok=True)
        temporary = link.with_name(f".{link.name}.{os.getpid()}.{threading.get_ident()}")
        temporary.symlink_to(path.resolve())
        os.replace(temporary, link)
        return link

    def _host_slot(self, url: str) -> threading.Semaphore:
        _path_of(url)
        host = urlsplit(url).netloc
        with self._guard:
            return self._host_slots.setdefault(host, threading.Semaphore(self.per_host))

    def _cached(self, identity: str) -> Path | None:
        """The locked file, else the one that it was last time, if its size is right."""
        locked = self.lock.get(identity)
        if locked is not None:
            return self._object(locked.sha256, locked.size)
        try:
            record = json.loads(self._record(identity).read_text())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        return self._object(record.get("sha256"), record.get("size"))

    def _object(self, digest: str | None, size: int | None) -> Path | None:
        path = self.root / "objects" / str(digest)
        if digest and path.is_file() and path.stat().st_size == size:
            return path
        return None

    def _record(self, identity: str) -> Path:
        return self.root / "urls" / f"{_name(identity)}.json"

    def _download(self, identity: str, address: Address, license: str, name: str | None) -> Path:
        partial = self.root / "partial" / _name(identity)
        try:
            self._transfer(address.url, partial)
        except BaseException:
            discard_useless(partial)
            raise
        digest = file_digest(partial)
        size = partial.stat().st_size
        try:
            _check_digest(address, digest)
            check_content(partial, name or _path_of(address.url), redacted(address.url))
            self.lock.accept(identity, size, digest, license)
        except SourceError:
            discard(partial)
            raise
        final = self.root / "objects" / digest
        os.replace(partial, final)
        sidecar(partial).unlink(missing_ok=True)
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        record = {"url": address.url, "sha256": digest, "size": size, "date": date}
        write_json(self._record(identity), record)
        return final

    def _transfer(self, url: str, partial: Path) -> None:
        try:
            if url.startswith(("http://", "https://")):
                ResumableDownload(url, partial, self.retry, self.progress, self.allowance).run()
            else:
                _copy_through_fsspec(url, partial, self.allowance)
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            raise ArtifactError(
                "the disk is full while downloading",
                where=str(self.root),
                hint=f"Free some space and run again.{_what_is_kept(partial)}",
            ) from error


def _check_digest(address: Address, digest: str) -> None:
    if address.sha256 is not None and address.sha256 != digest:
        raise ChecksumMismatch(
            f"got a file with sha256 {digest[:12]}, expected {address.sha256[:12]}",
            where=redacted(address.url),
            hint="Run again; if it stays so, the mirror has a damaged file.",
        )


def _what_is_kept(partial: Path) -> str:
    if not can_resume(partial):
        return ""
    return f" The download resumes after the {partial.stat().st_size:,} bytes received."


def _copy_through_fsspec(url: str, partial: Path, allowance: Allowance) -> None:
    """Copy the whole file; fsspec's file systems retry by themselves and resume nothing."""
    require("fsspec", "remote", redacted(url))
    import fsspec

    try:
        with fsspec.open(url, "rb") as source, partial.open("wb") as copy:
            _copy(source, copy, allowance, url)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"cannot open the address: {error}", where=redacted(url)) from error
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise
        raise _unreadable(url, error) from error
    except SourceError:
        raise
    except Exception as error:  # botocore's and others' errors have no common base
        raise _unreadable(url, error) from error


def _copy(source: IO[bytes], target: IO[bytes], allowance: Allowance, url: str) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)
        allowance.spend(len(chunk), target.tell(), url)


def _unreadable(url: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"cannot be read ({error})",
        where=redacted(url),
        hint="Check the address and your access rights.",
    )


def _path_of(url: str) -> str:
    """The path of an address, whose ending says what kind of file it is.

    Raises:
        ConfigError: if it is not an address.
    """
    try:
        return urlsplit(url).path
    except ValueError as error:
        raise ConfigError(f"not an address ({error})", where=redacted(url)) from error


def _name(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:32]
