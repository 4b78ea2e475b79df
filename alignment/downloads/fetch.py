"""The cache of downloads: files by sha256, each fetched once and checked against the lockfile.

A file grows in `partial/` and is renamed into `objects/` once it is complete, so the cache never
holds half a file. Its content is compared with its sha256 before it is used. `urls/` records which
object each address gave.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from filelock import FileLock

from alignment.downloads.address import checked, file_name, host, is_http
from alignment.downloads.allowance import Allowance
from alignment.downloads.content import check_content
from alignment.downloads.lockfile import Lockfile
from alignment.downloads.objects import OBJECTS, find_object, keep_object
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
    ChecksumMismatch,
    ConfigError,
    DiskFull,
    SourceError,
    Unavailable,
)
from alignment.extras import require
from alignment.files import file_digest, write_json
from alignment.redaction import redacted_address
from alignment.text import parse_json
from alignment.workers import Guard

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
    _addresses: dict[str, str] = field(default_factory=dict, repr=False)
    """The addresses of this run by what they are called in the cache and the lockfile."""
    _host_slots: dict[str, threading.Semaphore] = field(default_factory=dict, repr=False)
    _guard: Guard = field(default_factory=Guard, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process has semaphores of its own."""
        return {**self.__dict__, "_host_slots": {}}

    def fetch(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
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
            WrongContent: if it is a page, or another kind of file than its name says.
            TooLarge: if it is larger than `allowance` has left.
            SourceError: if the server refuses.
        """
        self._check_distinct(url)
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
        for folder in (OBJECTS, "partial", "urls"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "urls" / f"{_name(identity)}.lock"):
            cached = None if self.lock.update else self._cached(identity)
            if cached is not None:
                check_content(cached, name or file_name(identity), redacted_address(identity))
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
                return self._download(identity, address, license, name)

    def fetch_named(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
        """Like `fetch`, but the path ends in `name`, which tells readers the format.

        Without `name` the last part of the address is used.
        """
        path = self.fetch(url, license=license, name=name)
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
        """The locked file, else the one that it was last time, if it is whole."""
        locked = self.lock.get(identity)
        if locked is not None:
            return find_object(self.root, locked.sha256, locked.size)
        try:
            record = parse_json(self._record(identity).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(record, dict):
            return None
        return find_object(self.root, record.get("sha256"), record.get("size"))

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
            check_content(partial, name or file_name(address.url), redacted_address(address.url))
            self.lock.accept(identity, size, digest, license)
        except SourceError:
            discard(partial)
            raise
        final = keep_object(self.root, partial, digest)
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
                download = ResumableDownload(
                    resolved, partial, self.retry, self.progress, self.allowance
                )
                download.run()
            else:
                _copy_through_fsspec(resolved, partial, self.allowance)
        except OSError as error:
            if error.errno not in _DISK_FULL:
                raise
            raise DiskFull(
                "the disk is full while downloading",
                where=str(self.root),
                hint=f"Free some space and run again.{_what_is_kept(partial)}",
            ) from error


def _check_digest(address: Address, digest: str) -> None:
    if address.sha256 is not None and address.sha256 != digest:
        raise ChecksumMismatch(
            f"got a file with sha256 {digest[:12]}, expected {address.sha256[:12]}",
            where=redacted_address(address.url),
            hint="Run again; if it stays so, the mirror has a damaged file.",
        )


def _what_is_kept(partial: Path) -> str:
    if not can_resume(partial):
        return ""
    return f" The download resumes after the {partial.stat().st_size:,} bytes received."


def _copy_through_fsspec(url: str, partial: Path, allowance: Allowance) -> None:
    """Copy the whole file; fsspec's file systems retry by themselves and resume nothing."""
    require("fsspec", "remote", redacted_address(url))
    import fsspec

    try:
        with fsspec.open(url, "rb") as source, partial.open("wb") as copy:
            _copy(source, copy, allowance, url)
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"cannot open the address: {error}", where=redacted_address(url)
        ) from error
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
        where=redacted_address(url),
        hint="Check the address and your access rights.",
    )


def _name(identity: str) -> str:
    return hashlib.sha256(redacted_address(identity).encode()).hexdigest()[:32]
