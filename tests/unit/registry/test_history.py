"""The file of the history, and what it amounts to."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from alignment.registry.history import Move, append_move, deployments, read_history, write_moves


def move(version: str, previous: str | None = None) -> Move:
    return {"time": "t", "action": "publish", "version": version, "previous": previous}


def test_no_file(tmp_path: Path) -> None:
    assert read_history(tmp_path / "h").moves == []


def test_lines_are_added(tmp_path: Path) -> None:
    path = tmp_path / "h"
    append_move(path, move("v1"))
    append_move(path, move("v2", "v1"))
    assert read_history(path).moves == [move("v1"), move("v2", "v1")]
    assert path.read_bytes().count(b"\n") == 2


def test_a_torn_line_is_ended_and_damages_no_other(tmp_path: Path) -> None:
    path = tmp_path / "h"
    write_moves(path, [move("v1")])
    path.write_bytes(path.read_bytes() + b'{"time": "t", "act')
    append_move(path, move("v2", "v1"))
    history = read_history(path)
    assert history.moves == [move("v1"), move("v2", "v1")]
    assert history.damaged == [2]


def test_a_line_without_its_line_break(tmp_path: Path) -> None:
    path = tmp_path / "h"
    write_moves(path, [move("v1")])
    path.write_bytes(path.read_bytes().rstrip())
    assert read_history(path).moves == [move("v1")]
    append_move(path, move("v2", "v1"))
    assert read_history(path).damaged == []


def test_a_failed_write_keeps_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h"
    append_move(path, move("v1"))
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        append_move(path, move("v2", "v1"))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"3",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b'{"time": "t", "action": "publish", "version": 3, "previous": null}',
        b'{"time": "t", "action": "publish", "version": "v1", "previous": []}',
        b'{"time": "t", "action": "dance", "version": "v1", "previous": null}',
        b'{"time": "t", "action": [], "version": "v1", "previous": null}',
    ],
    ids=range(9),
)
def test_lines_that_are_no_moves(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "h").write_bytes(line + b"\n\n")
    history = read_history(tmp_path / "h")
    assert history.moves == []
    assert history.damaged == [1]


def test_a_link_that_was_moved_by_hand() -> None:
    state = deployments([move("v1"), move("v2", "v1"), move("v3", "v2")], "v1")
    assert state.stack[-1] == "v1"
    assert state.earlier() == ["v3", "v2"]


def test_a_lost_line() -> None:
    """The line of v2 is damaged; the next one says what was deployed before it."""
    state = deployments([move("v1"), move("v3", "v2")], "v3")
    assert state.earlier() == ["v2", "v1"]
