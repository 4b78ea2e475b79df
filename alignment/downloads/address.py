"""What an address is called where its secrets must not be seen."""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath

import httpx

from alignment.errors import ConfigError
from alignment.redaction import redacted_address
from alignment.references import references, resolved_address

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ENDING = re.compile("[A-Za-z0-9]{1,8}")


def checked(address: str) -> str:
    """The address with its secrets, ready for a request.

    Raises:
        ConfigError: if an environment variable is missing, or it is no valid HTTP address.
    """
    resolved = resolved_address(address)
    if is_http(resolved):
        try:
            httpx.URL(resolved)
        except httpx.InvalidURL:  # its message quotes a part of the password
            raise ConfigError(
                "this is not a valid address",
                where=redacted_address(address),
                hint="Percent-encode special characters, such as %40 for an @ in a password.",
            ) from None
    return resolved


def is_http(address: str) -> bool:
    """Whether it is fetched over HTTP; other schemes go through fsspec."""
    return address.lower().startswith(("http://", "https://"))


def host(address: str) -> str:
    """The host with its port; empty if there is none."""
    return _without_scheme(address).partition("/")[0]


def file_name(address: str) -> str:
    """The last part of the path, which tells the format; `file` if there is none.

    If an environment variable holds it, only its endings are used: the rest may be secret.
    """
    name = _last_part(address)
    if references(name).names:
        return "file" + _endings(_last_part(resolved_address(address)))
    return name or "file"


def _endings(name: str) -> str:
    """`.tar.gz` of `corpus.tar.gz`."""
    parts = itertools.takewhile(_ENDING.fullmatch, reversed(name.split(".")[1:]))
    return "".join(f".{part}" for part in reversed(list(parts)))


def _last_part(address: str) -> str:
    path = _without_scheme(address).partition("/")[2]
    if not _SCHEME.match(address):
        path = _without_scheme(address)
    return PurePosixPath(path).name


def _without_scheme(address: str) -> str:
    rest = redacted_address(address)
    scheme = _SCHEME.match(rest)
    rest = rest[scheme.end() :] if scheme else rest
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    return rest.rpartition("@")[2]
