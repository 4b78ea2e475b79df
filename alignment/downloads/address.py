"""What an address is called where its secrets must not be seen."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import httpx

from alignment.errors import ConfigError
from alignment.redaction import redacted_address
from alignment.references import references, resolved_address

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ENDINGS = re.compile(r"(?:\.[A-Za-z0-9]{1,8})*$")


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
        endings = _ENDINGS.search(_last_part(resolved_address(address)))
        return "file" + (endings[0] if endings else "")
    return name or "file"


def _last_part(address: str) -> str:
    path = _without_scheme(address).partition("/")[2]
    if not _SCHEME.match(address):
        path = _without_scheme(address)
    return PurePosixPath(path).name


def _without_scheme(address: str) -> str:
    rest = _SCHEME.sub("", redacted_address(address), count=1)
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    return rest.rpartition("@")[2]
