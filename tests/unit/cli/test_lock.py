"""`alignment lock`: checksums of what is downloaded, and what changed since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.support import TINY, Cli

LINE = "One more here\tUna más aquí\tЕщё одна тут\tもう一つここに\n"


def locked(directory: Path) -> dict[str, Any]:
    (entry,) = json.loads((directory / "alignment.lock").read_text())["files"]
    assert isinstance(entry, dict)
    return entry


def test_lock_and_update(cli: Cli, config: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    done = cli("lock", config, "--workspace", workspace)
    assert done.returncode == 0, done.stderr
    assert "1 files" in done.stdout and "1 new, 0 changed" in done.stdout
    before = locked(tmp_path)

    (tmp_path / "tiny.tsv").write_text(TINY.read_text() + LINE)
    shutil.rmtree(workspace)
    refused = cli("lock", config, "--workspace", workspace)
    assert refused.returncode == 1
    assert "--update" in refused.stderr and before["date"] in refused.stderr
    assert locked(tmp_path) == before

    done = cli("lock", config, "--workspace", workspace, "--update")
    assert done.returncode == 0, done.stderr
    assert "0 new, 1 changed" in done.stdout
    assert before["sha256"][:12] in done.stdout
    assert locked(tmp_path)["sha256"] != before["sha256"]
