"""`alignment store gc` deletes what killed processes left, and nothing that is in use."""

import os
import time
from pathlib import Path

from alignment.pipeline.cleanup import UNFINISHED_SECONDS, collect_garbage
from alignment.pipeline.workspace import Workspace

LEFT = [
    "store/.probe-1-2",
    "store/latest/.pull-es.1-2",
    "store/verified/.abc.json.1-2",
    "runs/.20260101T000000-abcd",
    "registry/demo/.history.jsonl.1-2",
    "registry/demo/.champion",
    "downloads/urls/.abc.json.1-2",
    "downloads/named/abc/.tiny.tsv.1.2",
    "downloads/wheels/.fetch-abc",
]
KEPT = ["registry/demo/.lock", "registry/demo/history.jsonl", "runs/20260101T000000-abcd/x"]


def write(root: Path, names: list[str], *, seconds_ago: float) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        then = time.time() - seconds_ago
        os.utime(path, (then, then))


def test_temporary_files_of_killed_processes(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    write(tmp_path, [*LEFT, *KEPT], seconds_ago=UNFINISHED_SECONDS + 1)
    unfinished = tmp_path / "runs" / ".unfinished"
    unfinished.mkdir()
    listed = collect_garbage(workspace, keep_runs=10, dry_run=True)
    assert all(path.exists() for path in listed.paths)
    freed = collect_garbage(workspace, keep_runs=10)
    assert freed == listed
    assert set(freed.paths) == {tmp_path / name for name in LEFT}
    assert [name for name in LEFT if (tmp_path / name).exists()] == []
    assert all((tmp_path / name).exists() for name in KEPT)
    assert unfinished.exists()  # it may be written right now


def test_a_link_that_points_nowhere(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    link = tmp_path / "downloads" / "named" / "abc" / ".tiny.tsv.1.2"
    link.parent.mkdir(parents=True)
    link.symlink_to("nowhere")
    then = time.time() - 2 * UNFINISHED_SECONDS
    os.utime(link, (then, then), follow_symlinks=False)
    assert collect_garbage(workspace, keep_runs=0).paths == [link]
    assert not link.is_symlink()
