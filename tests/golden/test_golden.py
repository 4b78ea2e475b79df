"""The text stages on the tiny corpus, by digest: a changed output needs a new REVISION.

`UPDATE_GOLDEN=1 pytest tests/golden` writes the digests; check the difference before you commit.
"""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from alignment import tables

GOLDEN = Path(__file__).with_name("tiny.json")
STAGES = ("pull", "holdout", "clean")


def digests(workspace: Path) -> dict[str, dict[str, Any]]:
    """Revision and digests of the tables by stage."""
    by_stage = {}
    for stage in STAGES:
        revision = importlib.import_module(f"alignment.stages.{stage}").REVISION
        files = {}
        for manifest in workspace.glob(f"store/{stage}/*/manifest.json"):
            label = json.loads(manifest.read_text())["label"]
            for path in manifest.parent.rglob("*.parquet"):
                name = path.relative_to(manifest.parent).as_posix()
                files[f"{label}/{name}"] = tables.content_digest(path)
        by_stage[stage] = {"revision": revision, "files": dict(sorted(files.items()))}
    return by_stage


def test_outputs_change_only_with_their_revision(finished: Path) -> None:
    actual = digests(finished)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(actual, indent=2) + "\n")
        pytest.skip("golden file written")
    expected = json.loads(GOLDEN.read_text())
    for stage, content in actual.items():
        if content["files"] == expected[stage]["files"]:
            continue
        hint = f"raise alignment.stages.{stage}.REVISION: stored results would be stale"
        if content["revision"] != expected[stage]["revision"]:
            hint = "UPDATE_GOLDEN=1 writes the new digests"
        pytest.fail(f"the output of {stage} on the tiny corpus changed; {hint}")
    assert actual == expected
