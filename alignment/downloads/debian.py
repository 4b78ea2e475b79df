"""Debian packages, fetched from the sources that this machine's apt is configured with.

apt names the address and the SHA-256 of a package from its signed lists; the file goes through the
download cache like any other. Nothing is installed, and no script of a package runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

from alignment.downloads.fetch import Address, Downloads
from alignment.errors import AlignmentError, ConfigError, SourceError, Unavailable

APT_TIMEOUT = 120
"""Seconds."""
_MAX_LISTED = 8
# 'http://deb.debian.org/.../vlc-l10n_3.0.18_all.deb' vlc-l10n_3.0.18_all.deb 123 SHA256:...
_URI = re.compile(r"^'(?P<url>[^']+)' (?P<name>\S+) (?P<size>\d+) (?P<hash>\S*)$", re.MULTILINE)
_SHA256 = re.compile(r"SHA256:([0-9a-f]{64})")


def fetch_deb(name: str, version: str, downloads: Downloads, *, license: str = "unknown") -> Path:
    """The package of exactly this version, from the cache or an apt source.

    Raises:
        ConfigError: if the apt sources have no such package or version; lists those they have.
        SourceError: if this machine has no apt.
        Unavailable: if the source cannot be reached, or the run is offline.
        ChecksumMismatch: if it is not the locked file, or not what apt's lists say.
    """
    return downloads.fetch_as(
        f"deb:{name}={version}", lambda: _resolve(name, version), license=license
    )


def _resolve(name: str, version: str) -> Address:
    requirement = f"{name}={version}"
    if shutil.which("apt-get") is None:
        raise SourceError(
            "this machine has no apt-get, which names the address of a Debian package",
            where=requirement,
            hint="Run once on Debian or Ubuntu, or set `url` to the address of the .deb file.",
        )
    output = _apt("apt-get", "--print-uris", "--quiet", "download", requirement)
    match = _URI.search(output.stdout)
    if match is None:
        raise _apt_error(name, version, output.stderr)
    digest = _SHA256.match(match["hash"])
    if digest is None:
        raise SourceError(
            f"apt names no SHA-256 for the package, only {match['hash'] or 'no checksum'}",
            where=requirement,
            hint="Run `apt-get update`.",
        )
    return Address(_web_address(match["url"], requirement), digest[1])


def _web_address(url: str, requirement: str) -> str:
    """The address as the downloader takes it."""
    scheme, _, rest = url.partition(":")
    if scheme in ("http", "https"):
        return url
    if scheme in ("file", "copy"):
        return f"file://{unquote(rest)}"
    raise SourceError(
        f"cannot download from an apt source of the type {scheme!r}",
        where=requirement,
        hint=f"Run `apt-get download {requirement}`, and set `path` to the file.",
    )


def _apt(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=APT_TIMEOUT,
            check=False,
            env={**os.environ, "LC_ALL": "C"},  # its messages are read
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"{command[0]} did not finish within {APT_TIMEOUT} s", where=command[-1]
        ) from error


def _apt_error(name: str, version: str, stderr: str) -> AlignmentError:
    requirement = f"{name}={version}"
    versions = _versions(name)
    if versions:
        return ConfigError(
            "the apt sources do not have this version of the package",
            where=requirement,
            hint=f"They have {', '.join(versions[:_MAX_LISTED])}.",
        )
    if "Unable to locate package" in stderr or "No packages found" in stderr:
        return ConfigError(
            "the apt sources of this machine have no such package",
            where=requirement,
            hint="Check the spelling of `deb`, run `apt-get update`, or set `url` to the address "
            "of the .deb file.",
        )
    lines = stderr.strip().splitlines()
    return Unavailable(
        "apt could not say where the package is",
        where=requirement,
        hint=lines[-1] if lines else "apt printed no message. Run `apt-get update`.",
    )


def _versions(name: str) -> list[str]:
    """The versions that the apt sources have, the newest first."""
    if shutil.which("apt-cache") is None:
        return []
    lines = _apt("apt-cache", "madison", name).stdout.splitlines()
    # vlc-l10n | 3.0.18-0 | http://deb.debian.org/debian bookworm/main all Packages
    columns = [line.split("|") for line in lines]
    return list(dict.fromkeys(row[1].strip() for row in columns if len(row) > 1))
