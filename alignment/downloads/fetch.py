"""Downloads: resumed, checked, kept by content, fetched once whoever asks.

A file grows in `partial/` and is renamed into `objects/` by its sha256 when it is whole, so that the
cache never holds part of a file. What the lockfile says of an address must come out again.
"""

from __future__ import annotations

import datetime
import email.utils
import errno
import hashlib
import json
import logging
import os
import random
import re
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx
from filelock import FileLock

from alignment.downloads.lockfile import Lockfile
from alignment.errors import ArtifactError, ConfigError, NotFound, SourceError, Unavailable
from alignment.files import file_digest, write_json

_FULL = (errno.ENOSPC, errno.EDQUOT)
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
Progress = Callable[[str, int, int | None], None]
logger = logging.getLogger(__name__)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)$")


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often to try again. Seconds."""

    attempts: int = 6
    """In a row without a single new byte."""
    backoff: float = 1.0
    """Before the second attempt; doubles, and up to as much again by chance."""
    longest_wait: float = 120.0
    """A server that asks for more counts as unavailable."""
    connect: float = 10.0
    read: float = 60.0
    slowest: float = 1024.0
    """Bytes a second; a connection below it for `slow_after` seconds is given up."""
    slow_after: float = 60.0


class _AgainError(Exception):
    """This attempt failed in a way that another may not; `wait` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _MisfitError(_AgainError):
    """What has come so far cannot be gone on with."""


class _Known(NamedTuple):
    """What is known of a file that is being fetched."""

    size: int | None
    validator: str | None
    """A strong ETag or the date of the last change: proof that a later answer is of the same bytes."""


@dataclass
class Downloads:
    """The cache of one workspace. Safe between threads and processes."""

    root: Path
    lock: Lockfile = field(default_factory=Lockfile)
    offline: bool = False
    patience: Patience = field(default_factory=Patience)
    per_host: int = 2
    progress: Progress | None = None
    """Called with the address, the bytes so far and the size, where it is known."""
    _turns: dict[str, threading.Semaphore] = field(default_factory=dict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fetch(self, url: str, *, license: str = "unknown") -> Path:
        """The bytes of this address, from the cache or from the network: https, or what fsspec knows (s3, gs, file).

        Raises:
            ConfigError: if the address needs a package that is not installed.
            Unavailable: if no usable answer comes in time, or while offline.
            ChecksumMismatch: if the bytes are not the locked ones.
            NotFound: if the server does not have it.
            SourceError: if the server refuses.
        """
        for name in ("objects", "partial", "urls"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / "urls" / f"{_name(url)}.lock"):
            path = None if self.lock.update else self._cached(url)
            if path is None:
                if self.offline:
                    raise Unavailable(
                        "not in the cache, and this run is offline",
                        where=shown(url),
                        hint="Run once with the network.",
                    )
                with self._turn(url):
                    path = self._download(url, license)
            else:
                self.lock.accept(url, path.stat().st_size, path.name, license)
            return path

    def fetch_named(self, url: str, *, license: str = "unknown", name: str | None = None) -> Path:
        """As `fetch`, under a name whose ending tells the format: the address' own if none is given."""
        path = self.fetch(url, license=license)
        named = (
            self.root
            / "named"
            / _name(url)
            / PurePosixPath(name or urlsplit(url).path or "file").name
        )
        named.parent.mkdir(parents=True, exist_ok=True)
        temporary = named.with_name(f".{named.name}.{os.getpid()}.{threading.get_ident()}")
        temporary.symlink_to(path.resolve())
        os.replace(temporary, named)
        return named

    def _turn(self, url: str) -> threading.Semaphore:
        with self._guard:
            return self._turns.setdefault(urlsplit(url).netloc, threading.Semaphore(self.per_host))

    def _cached(self, url: str) -> Path | None:
        """The file that the lock names, else the one that this address gave before; whole by its size."""
        locked = self.lock.get(url)
        try:
            seen = json.loads((self.root / "urls" / f"{_name(url)}.json").read_text())
        except (OSError, ValueError):
            seen = {}
        digest = locked.sha256 if locked else seen.get("sha256")
        size = locked.size if locked else seen.get("size")
        path = self.root / "objects" / str(digest)
        return path if digest and path.is_file() and path.stat().st_size == size else None

    def _download(self, url: str, license: str) -> Path:
        partial = self.root / "partial" / _name(url)
        if url.startswith(("http://", "https://")):
            self._to_the_end(url, partial)
        else:
            self._copy_whole(url, partial)
        digest, size = file_digest(partial), partial.stat().st_size
        try:
            self.lock.accept(url, size, digest, license)
        except SourceError:
            partial.unlink()
            raise
        final = self.root / "objects" / digest
        os.replace(partial, final)
        partial.with_suffix(".json").unlink(missing_ok=True)
        seen = {
            "url": url,
            "sha256": digest,
            "size": size,
            "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        write_json(self.root / "urls" / f"{_name(url)}.json", seen)
        return final

    def _copy_whole(self, url: str, partial: Path) -> None:
        """Through fsspec, whose file systems retry by themselves; an attempt that was cut off starts anew."""
        import fsspec

        try:
            with fsspec.open(url, "rb") as source, partial.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"cannot open the address: {error}", where=shown(url)) from error
        except OSError as error:
            if error.errno in _FULL:
                raise _disk(error, self.root) from error
            raise Unavailable(
                f"cannot be read ({error})",
                where=shown(url),
                hint="Check the address and your rights.",
            ) from error

    def _to_the_end(self, url: str, partial: Path) -> None:
        """Attempt after attempt, until the file is whole; bytes gained start the count of attempts anew."""
        failed, most = 0, _size(partial)
        timeout = httpx.Timeout(self.patience.read, connect=self.patience.connect)
        with httpx.Client(timeout=timeout, follow_redirects=True, max_redirects=10) as client:
            while True:
                try:
                    self._attempt(client, url, partial)
                except (_AgainError, httpx.TransportError) as error:
                    if isinstance(error, _MisfitError):
                        partial.unlink(missing_ok=True)
                    failed = 1 if _size(partial) > most else failed + 1
                    most = max(most, _size(partial))
                    if failed >= self.patience.attempts:
                        raise Unavailable(
                            f"no whole answer in {failed} attempts: {error or type(error).__name__}",
                            where=shown(url),
                            hint="Run again later: what has come so far is kept.",
                        ) from error
                    self._wait(url, failed, error)
                except httpx.TooManyRedirects as error:
                    raise SourceError("redirects in a circle", where=shown(url)) from error
                except OSError as error:
                    raise _disk(error, self.root) from error
                else:
                    return

    def _wait(self, url: str, failed: int, error: Exception) -> None:
        asked = getattr(error, "wait", None)
        if asked is not None and asked > self.patience.longest_wait:
            raise Unavailable(
                f"the server asks to wait {asked:.0f} s",
                where=shown(url),
                hint="Run again after that.",
            )
        backoff = self.patience.backoff * 2 ** (failed - 1) * (1 + random.random())
        seconds = asked if asked is not None else min(backoff, self.patience.longest_wait)
        logger.info("%s: %s; again in %.1f s", shown(url), error or type(error).__name__, seconds)
        time.sleep(seconds)

    def _attempt(self, client: httpx.Client, url: str, partial: Path) -> None:
        """One request; leaves the whole file, or raises and leaves what can be gone on from."""
        have, known = _size(partial), _read_known(partial)
        headers = {
            "Accept-Encoding": "identity"
        }  # so that ranges and lengths count the file's own bytes
        if have and known.validator:
            headers |= {"Range": f"bytes={have}-", "If-Range": known.validator}
        with client.stream("GET", url, headers=headers) as answer:
            _check_scheme(url, answer)
            if answer.status_code == 416:
                raise _MisfitError("the server has no such range")
            if answer.status_code in RETRYABLE:
                raise _AgainError(f"HTTP {answer.status_code}", _retry_after(answer))
            if answer.status_code not in (200, 206):
                kind = NotFound if answer.status_code in (404, 410) else SourceError
                raise kind(
                    f"the server answers HTTP {answer.status_code} {answer.reason_phrase}",
                    where=shown(url),
                    hint="Check the address, or whether this corpus and version exist.",
                )
            start, known = _begin(answer, have, known)
            write_json(partial.with_suffix(".json"), known._asdict())
            with partial.open("r+b" if start else "wb") as file:
                file.truncate(start)
                file.seek(start)
                self._copy(url, answer, file, known)
            if known.size is not None and _size(partial) != known.size:
                raise _AgainError(f"got {_size(partial):,} of {known.size:,} bytes")

    def _copy(self, url: str, answer: httpx.Response, file: IO[bytes], known: _Known) -> None:
        since, in_window = time.monotonic(), 0
        for (
            chunk
        ) in answer.iter_raw():  # as it comes: what a dropped connection has brought is kept
            file.write(chunk)
            in_window += len(chunk)
            if self.progress:
                self.progress(url, file.tell(), known.size)
            if (passed := time.monotonic() - since) >= self.patience.slow_after:
                if in_window < self.patience.slowest * passed:
                    raise _AgainError(f"only {in_window / passed:.0f} bytes a second")
                since, in_window = time.monotonic(), 0


def _begin(answer: httpx.Response, have: int, known: _Known) -> tuple[int, _Known]:
    """Where this answer's bytes belong, and what it says of the file.

    Only a 206 that starts where we stopped, of the same size and with the same validator, is gone on with.
    """
    validator = _validator(answer)
    if answer.status_code == 200:
        length = answer.headers.get("content-length", "")
        return 0, _Known(int(length) if length.isdigit() else None, validator)
    found = _RANGE.match(answer.headers.get("content-range", ""))
    total = int(found[3]) if found and found[3] != "*" else None
    same = validator == known.validator and (known.size is None or total in (None, known.size))
    if not found or int(found[1]) != have or not same:
        raise _MisfitError("the server's part does not fit to ours")
    return have, _Known(known.size if known.size is not None else total, validator)


def _validator(answer: httpx.Response) -> str | None:
    etag = answer.headers.get("etag", "")
    if etag and not etag.startswith("W/"):
        return str(etag)
    changed = answer.headers.get("last-modified")
    return str(changed) if changed else None


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds, from a number or a date; None if the server does not say."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        when = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def _check_scheme(url: str, answer: httpx.Response) -> None:
    """No way from https to a plain connection, where anyone could answer."""
    if url.startswith("https://") and any(
        step.url.scheme != "https" for step in (*answer.history, answer)
    ):
        raise SourceError("redirected from https to an unencrypted connection", where=shown(url))


def _read_known(partial: Path) -> _Known:
    try:
        return _Known(**json.loads(partial.with_suffix(".json").read_text()))
    except (OSError, ValueError, TypeError):
        return _Known(None, None)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def shown(url: str) -> str:
    """The address without user, password or query: those may be secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _disk(error: OSError, root: Path) -> Exception:
    if error.errno in _FULL:
        return ArtifactError(
            "the disk is full while downloading",
            where=str(root),
            hint="Free some space and run again: it goes on from there.",
        )
    return error
