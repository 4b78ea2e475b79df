"""Durable atomic writes, digests, and a check that a directory can be written."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any, BinaryIO

from alignment.errors import ConfigError
from alignment.redaction import without_credentials

SHA256 = re.compile("[0-9a-f]{64}")
"""What `file_digest` returns."""


def make_writable(root: Path) -> None:
    """Create the directory and check that files can be written in it.

    Raises:
        ConfigError: if the directory cannot be created or written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / f".probe-{os.getpid()}-{threading.get_ident()}"
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the workspace cannot be written: {error.strerror}",
            where=str(root),
            hint="Choose another directory with --workspace DIR or ALIGNMENT_WORKSPACE.",
        ) from error


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text so that a reader sees either the old or the new file, never part of one.

    It is written under a temporary name in the same directory, flushed to the disk and then
    renamed: after a power cut the file is the old or the new one. A failed write leaves the old
    file and nothing else.
    """
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """Like `write_atomically`, for bytes."""
    write_stream_atomically(path, lambda file: file.write(content))


def write_stream_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Like `write_atomically`, for content that `write` puts into the open file piece by piece."""
    # Two threads may write the same file at once.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically, without passwords and tokens.

    Values that JSON does not have are written as text.
    """
    write_atomically(path, json_text(value))


def json_text(value: Any) -> str:
    """What `write_json` writes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return without_credentials(text) + "\n"


def replace_durably(source: Path, target: Path) -> None:
    """Rename `source`, which is flushed already, to `target`; the new name survives a power cut."""
    os.replace(source, target)
    sync_directory(target.parent)


def sync_tree(root: Path) -> None:
    """Flush every file and directory under `root` to the disk, and `root` itself."""
    for directory, _, names in os.walk(root):
        for name in names:
            sync_file(Path(directory, name))
        sync_directory(Path(directory))


def sync_directory(path: Path) -> None:
    """Flush the names in a directory to the disk, where the file system can do that."""
    try:
        sync_file(path)
    except OSError as error:
        # Some network file systems cannot flush a directory; they do not delay its changes either.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            raise


def sync_file(path: Path) -> None:
    """Flush a file or a directory to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file that never changes a second name; it is copied where links are not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def remove(path: Path) -> None:
    """Delete a file, a link or a directory with its content, or nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unlisted(root: Path, names: Container[str]) -> list[str]:
    """Names of the files under `root` that are not in `names`.

    Without hidden files and Python's caches, which systems leave and no reader of a model loads.
    """
    extra = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        litter = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if path.is_file() and not litter and name.as_posix() not in names:
            extra.append(name.as_posix())
    return extra


def tree_bytes(root: Path) -> int:
    """Size of a file, or of all files under a directory; 0 if there is nothing."""
    if not os.path.lexists(root):
        return 0
    files = root.rglob("*") if root.is_dir() and not root.is_symlink() else [root]
    return sum(file.lstat().st_size for file in files if file.is_symlink() or not file.is_dir())


def tree_digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file under `root`, by its relative name."""
    digests = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digests[path.relative_to(root).as_posix()] = file_digest(path)
    return digests
