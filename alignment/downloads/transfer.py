"""One file over HTTP, resumed after a dropped connection.

The bytes grow in a partial file. A small JSON file next to it records the size and the validator
that the server sent, so that a later run resumes only if the server still has the same bytes.
"""

from __future__ import annotations

import functools
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import httpx

from alignment.downloads.allowance import Allowance
from alignment.downloads.retry import (
    RETRYABLE_STATUS,
    RangeMismatch,
    Retry,
    RetryPolicy,
    reason,
    retry_after,
    wait_before_retry,
)
from alignment.errors import NotFound, SourceError, TooLarge, Unavailable
from alignment.files import write_json
from alignment.redaction import redacted
from alignment.text import parse_json

MAX_REDIRECTS = 10
Progress = Callable[[str, int, int | None], None]
"""Called with the redacted address, the bytes so far and the size (None if unknown)."""
_LENGTH = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)$")


@functools.cache
def _certificates() -> ssl.SSLContext:
    """What HTTPS trusts. Reading it takes 40 ms, more than a small file takes."""
    return httpx.create_ssl_context()


class _RemoteFile(NamedTuple):
    """What the server said about the file."""

    size: int | None
    validator: str | None
    """A strong ETag, or the date of the last change: it identifies the exact bytes."""


def sidecar(partial: Path) -> Path:
    """The JSON file that describes a partial file."""
    return partial.with_suffix(".json")


@dataclass(frozen=True)
class ResumableDownload:
    """One address, and the partial file that its bytes are written to."""

    url: str
    partial: Path
    policy: RetryPolicy
    progress: Progress | None = None
    allowance: Allowance = field(default_factory=Allowance)

    def run(self) -> None:
        """Repeat requests until the file is complete; new bytes reset the failure count.

        Raises:
            NotFound: if the server does not have the file.
            SourceError: if the server refuses, or redirects in a circle, to plain HTTP or to what
                is not HTTP.
            TooLarge: if it sends more than is allowed.
            Unavailable: after `policy.attempts` failures in a row.
        """
        failures = 0
        longest = _size(self.partial)
        timeout = httpx.Timeout(self.policy.read_timeout, connect=self.policy.connect_timeout)
        with httpx.Client(
            timeout=timeout,
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            verify=_certificates(),
        ) as client:
            while True:
                error = self._try(client)
                if error is None:
                    return
                size = _size(self.partial)
                failures = 1 if size > longest else failures + 1
                longest = max(longest, size)
                if failures >= self.policy.attempts:
                    raise Unavailable(
                        f"{failures} attempts failed, the last one with: {reason(error)}",
                        where=redacted(self.url),
                        hint=_hint(self.partial),
                    ) from error
                wait_before_retry(self.url, self.policy, failures, error)

    def _try(self, client: httpx.Client) -> Exception | None:
        """Make one attempt; return why another one is needed, or None."""
        try:
            self._attempt(client)
        except RangeMismatch as error:
            self.partial.unlink(missing_ok=True)
            return error
        except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as error:
            raise SourceError(
                f"not an address that can be fetched, or it redirects to one ({error})",
                where=redacted(self.url),
                hint="Open the address in a browser: the file needs one that begins with https://.",
            ) from error
        except (Retry, httpx.TransportError) as error:
            return error
        except TooLarge:
            discard(self.partial)
            raise
        except httpx.TooManyRedirects as error:
            raise SourceError("redirects in a circle", where=redacted(self.url)) from error
        return None

    def _attempt(self, client: httpx.Client) -> None:
        """One request; completes the file, or raises and leaves bytes that can be resumed from."""
        offset = _size(self.partial)
        previous = _read_sidecar(self.partial)
        with client.stream("GET", self.url, headers=_headers(offset, previous)) as response:
            self._check(response)
            start, remote = _resume_point(response, offset, previous)
            if remote.size is not None:
                self.allowance.check(remote.size, remote.size - start, self.url)
            write_json(sidecar(self.partial), remote._asdict())
            with self.partial.open("r+b" if start else "wb") as file:
                file.truncate(start)
                file.seek(start)
                self._copy(response, file, remote)
        size = _size(self.partial)
        if remote.size is not None and size != remote.size:
            raise Retry(f"got {size:,} of {remote.size:,} bytes")

    def _check(self, response: httpx.Response) -> None:
        """Refuse every response whose body is not the file or a part of it."""
        _check_encrypted(self.url, response)
        status = response.status_code
        if status == 416:
            raise RangeMismatch("the server has no such range")
        if status in RETRYABLE_STATUS:
            raise Retry(f"HTTP {status}", retry_after(response))
        if status not in (200, 206):
            kind = NotFound if status in (404, 410) else SourceError
            raise kind(
                f"the server answers HTTP {status} {response.reason_phrase}",
                where=redacted(self.url),
                hint="Check the address, and that this corpus and version exist.",
            )

    def _copy(self, response: httpx.Response, file: IO[bytes], remote: _RemoteFile) -> None:
        """Write the body chunk by chunk, so that a dropped connection loses nothing received."""
        window_start = time.monotonic()
        window_bytes = 0
        for chunk in response.iter_raw():
            file.write(chunk)
            self.allowance.spend(len(chunk), file.tell(), self.url)
            window_bytes += len(chunk)
            if self.progress:
                self.progress(redacted(self.url), file.tell(), remote.size)
            seconds = time.monotonic() - window_start
            if seconds >= self.policy.speed_window:
                if window_bytes < self.policy.min_speed * seconds:
                    raise Retry(f"only {window_bytes / seconds:.0f} bytes per second")
                window_start = time.monotonic()
                window_bytes = 0


def _headers(offset: int, previous: _RemoteFile) -> dict[str, str]:
    """`identity`, so that ranges and lengths count the bytes of the file itself."""
    headers = {"Accept-Encoding": "identity"}
    if offset and previous.validator:
        headers["Range"] = f"bytes={offset}-"
        headers["If-Range"] = previous.validator
    return headers


def _resume_point(
    response: httpx.Response, offset: int, previous: _RemoteFile
) -> tuple[int, _RemoteFile]:
    """Where in the file the body begins, and what the response says about the file.

    Only a 206 that begins at `offset`, with the same size and validator as before, is resumed.

    Raises:
        RangeMismatch: for any other 206, and for a part that is sent as the whole file.
    """
    validator = _validator(response)
    if response.status_code == 200:
        if "content-range" in response.headers:
            raise RangeMismatch("the server sent part of the file as if it were the whole file")
        size = _content_length(response)
        if size is None and validator is not None and validator == previous.validator:
            size = previous.size  # the same bytes as before
        return 0, _RemoteFile(size, validator)
    content_range = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
    if content_range is None:
        raise RangeMismatch("the server sent part of the file without a valid range")
    total = None if content_range[3] == "*" else int(content_range[3])
    same_size = previous.size is None or total in (None, previous.size)
    if int(content_range[1]) != offset or validator != previous.validator or not same_size:
        raise RangeMismatch("the server's range does not match the partial file")
    size = total if previous.size is None else previous.size
    return offset, _RemoteFile(size, validator)


def _content_length(response: httpx.Response) -> int | None:
    length = response.headers.get("content-length", "")
    return int(length) if _LENGTH.fullmatch(length) else None


def _validator(response: httpx.Response) -> str | None:
    etag: str = response.headers.get("etag", "")
    if etag and not etag.startswith("W/"):  # a weak ETag does not promise the same bytes
        return etag
    return response.headers.get("last-modified") or None


def _check_encrypted(url: str, response: httpx.Response) -> None:
    """Refuse a redirect from https to plain http, where anyone could answer."""
    if not url.startswith("https://"):
        return
    for step in (*response.history, response):
        if step.url.scheme != "https":
            raise SourceError(
                "redirected from https to an unencrypted connection", where=redacted(url)
            )


def can_resume(partial: Path) -> bool:
    """Whether a later run can continue the partial file: the server named its exact bytes."""
    return _size(partial) > 0 and _read_sidecar(partial).validator is not None


def discard(partial: Path) -> None:
    """Remove a partial file and what is known about it."""
    partial.unlink(missing_ok=True)
    sidecar(partial).unlink(missing_ok=True)


def discard_useless(partial: Path) -> None:
    """Remove a partial file that no later run can continue."""
    if not can_resume(partial):
        discard(partial)


def _hint(partial: Path) -> str:
    if can_resume(partial):
        return "Run again later: it resumes after the bytes received so far."
    return "Run again later. The server cannot resume, so it starts from the beginning."


def _read_sidecar(partial: Path) -> _RemoteFile:
    try:
        remote = _RemoteFile(**parse_json(sidecar(partial).read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError):
        return _RemoteFile(None, None)
    if not isinstance(remote.size, int | None) or not isinstance(remote.validator, str | None):
        return _RemoteFile(None, None)
    return remote


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
