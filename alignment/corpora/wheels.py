"""Fetch a wheel with pip (its own configuration, `--no-deps`) and read members of it, unpacked by nobody.

A wheel is a zip archive. Nothing in it is imported or executed, and source distributions, whose
build would run their code, are never asked for.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

from alignment.errors import ConfigError, Malformed, SourceError, Unavailable, UnsafeArchive

MAX_MEMBER_BYTES = 256 * 2**20
MAX_RATIO = 200  # real catalogues compress about 5 times; a bomb a thousand times
PIP_SECONDS = 600


def fetch_wheel(name: str, version: str, downloads: Path) -> Path:
    """The wheel of exactly this version, from `downloads` or the package index.

    Raises:
        ConfigError: if the index has no such version, with the versions that it has.
        Unavailable: if the index cannot be reached.
    """
    home = downloads / "wheels" / f"{_normalised(name)}-{version}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_name(home.name + ".lock")):
        wheels = sorted(home.glob("*.whl"))
        if not wheels:
            _pip_download(name, version, home)
            wheels = sorted(home.glob("*.whl"))
    if len(wheels) != 1:
        raise SourceError(f"expected one wheel, got {[w.name for w in wheels]}", where=str(home), hint=f"Delete {home}.")
    return wheels[0]


def _pip_download(name: str, version: str, home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".fetch-") as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--no-input", "--dest", directory, f"{name}=={version}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"pip gave no answer in {PIP_SECONDS} s", where=f"{name}=={version}") from error
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
            f"the package index has no wheel of version {version}", where=where,
            hint=f"It has {len(versions)} versions, the last ones: {', '.join(versions[-8:])}.",
        )  # fmt: skip
    if "Connection" in stderr or "timed out" in stderr or "NewConnectionError" in stderr:
        return Unavailable("the package index cannot be reached", where=where, hint=_last_line(stderr))
    if "No matching distribution" in stderr:
        return ConfigError("the package index has no wheel of this name", where=where, hint="Check the spelling.")
    return Unavailable("pip could not fetch the wheel", where=where, hint=_last_line(stderr))


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "notice" not in line]
    return re.sub(r"//[^/@\s]*@", "//***@", lines[-1]) if lines else "pip said nothing"  # an index URL may hold a token


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def safe_members(archive: zipfile.ZipFile, wanted: re.Pattern[str]) -> Iterator[zipfile.ZipInfo]:
    """Members whose name matches, each checked against its declared size and ratio.

    Raises:
        UnsafeArchive: if one of them would expand past the limits or names a place outside.
    """
    for info in archive.infolist():
        if not wanted.search(info.filename) or info.is_dir():
            continue
        where = f"{archive.filename}:{info.filename}"
        if info.filename.startswith("/") or ".." in Path(info.filename).parts:
            raise UnsafeArchive("the member names a place outside of the archive", where=where)
        ratio = info.file_size / max(info.compress_size, 1)
        if info.file_size > MAX_MEMBER_BYTES or (ratio > MAX_RATIO and info.file_size > 2**20):
            raise UnsafeArchive(
                f"the member expands to {info.file_size:,} bytes, {ratio:.0f} times its size; "
                f"at most {MAX_MEMBER_BYTES:,} and {MAX_RATIO} times are read", where=where,
            )  # fmt: skip
        yield info


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The member's bytes, never more than it declares.

    Raises:
        Malformed: if its checksum does not match.
    """
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except (zipfile.BadZipFile, EOFError) as error:
        raise Malformed(f"the archive is damaged: {error}", where=f"{archive.filename}:{info.filename}") from error


def extract_member(wheel: Path, name: str, target: Path) -> None:
    """Copy one known member out of a wheel."""
    with open_wheel(wheel) as archive:
        info = next(safe_members(archive, re.compile(re.escape(name) + "$")), None)
        if info is None:
            raise SourceError(f"the wheel has no member {name}", where=str(wheel))
        with archive.open(info) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def open_wheel(wheel: Path) -> zipfile.ZipFile:
    """Open the archive.

    Raises:
        Malformed: if it is not a zip archive (a download that was cut off).
    """
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise Malformed(
            f"not a zip archive ({error}); the download may be truncated", where=str(wheel),
            hint=f"Delete {wheel.parent} and run again.",
        ) from error  # fmt: skip


def installed_file(distribution: str, version: str, member: str) -> Path | None:
    """A file of an installed distribution of exactly this version, or None."""
    try:
        found = importlib.metadata.distribution(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(member)))
    return path if found.version == version and path.is_file() else None
