"""A folder that several machines share, where it differs from a bucket."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from alignment.errors import ConfigError, DiskFull, Unavailable
from alignment.objectstore.folder import FolderObjects


def test_the_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder"):
        FolderObjects(tmp_path / "unmounted", "file:///unmounted")


def test_nothing_is_left_of_a_write_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = FolderObjects(tmp_path, "file:///shared")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull, match="the shared folder is full"):
            objects.put_new("a/b", b"1")
    assert objects.get("a/b") is None
    assert objects.listing("") == []
    assert objects.put_new("a/b", b"1")


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EACCES, ConfigError), (errno.ESTALE, Unavailable)]
)
def test_what_the_folder_refuses(
    number: int, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = FolderObjects(tmp_path, "file:///shared")

    def refuse(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(kind, match="the shared folder"):
        objects.put_new("a", b"1")


def test_empty_folders_are_deleted(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path, "file:///shared")
    objects.put_new("store/pull/one/a", b"1")
    objects.put_new("store/pull/two", b"1")
    objects.delete(["store/pull/one/a"])
    assert objects.folders("store/pull") == []
    assert objects.folders("store") == ["pull"]
