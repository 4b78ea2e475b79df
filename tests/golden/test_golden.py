"""The text stages on the tiny corpus, by digest: an output that changes needs a new REVISION.

`UPDATE_GOLDEN=1 pytest tests/golden` writes the file anew; look at the difference before you commit it.
"""

import importlib
import json
import os
from pathlib import Path

import pytest

from alignment import tables

GOLDEN = Path(__file__).with_name("tiny.json")


def digests(workspace: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for stage in ("pull", "holdout", "clean"):
        revision = importlib.import_module(f"alignment.stages.{stage}").REVISION
        files = sorted(workspace.glob(f"store/{stage}/*/**/*.parquet"))
        rows = {}
        for path in files:
            artifact = next(p for p in path.parents if (p / "manifest.json").is_file())
            label = json.loads((artifact / "manifest.json").read_text())["label"]
            rows[f"{label}/{path.relative_to(artifact).as_posix()}"] = tables.content_digest(path)
        found[stage] = {"revision": revision, "files": dict(sorted(rows.items()))}
    return found


def test_outputs_change_only_with_their_revision(finished: Path) -> None:
    got = digests(finished)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(got, indent=2) + "\n")
        pytest.skip("golden file written")
    expected = json.loads(GOLDEN.read_text())
    for stage, own in got.items():
        if own["files"] != expected[stage]["files"]:
            raised = own["revision"] != expected[stage]["revision"]
            hint = (
                "UPDATE_GOLDEN=1 writes the new digests"
                if raised
                else f"raise alignment.stages.{stage}.REVISION: stored results would be stale"
            )
            pytest.fail(f"the output of {stage} on the tiny corpus changed; {hint}")
    assert got == expected
