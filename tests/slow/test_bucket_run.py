"""The whole pipeline with its registry in a bucket, as two machines run it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.buckets import ACCESS_KEY, SECRET_KEY, running_s3, s3_environment
from tests.support import SMOKE, line_with, run_cli

pytestmark = pytest.mark.slow
PLACE = "s3://models/team"


def test_two_machines_share_a_registry(tmp_path: Path) -> None:
    with running_s3() as endpoint:
        environment = {**s3_environment(endpoint), "ALIGNMENT_REGISTRY": PLACE}

        def alignment(*words: object, machine: str = "one") -> str:
            done = run_cli(*words, "--workspace", tmp_path / machine, env=environment)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        assert "v1 is deployed." in alignment("run", SMOKE)
        again = alignment("run", SMOKE)
        assert "v1 is deployed." in again and "Finished in" in again
        assert "champion" in line_with("v1", alignment("registry", "list", machine="two"))
        vector = json.loads(alignment("encode", "Bore da", machine="two"))["vector"]
        assert vector == json.loads(alignment("encode", "Bore da"))["vector"]
        assert not (tmp_path / "one" / "registry").exists()
        rejected = run_cli(
            *("run", SMOKE, "--set", "gate.floor=1.0", "--workspace", tmp_path / "one"),
            env=environment,
        )
        assert rejected.returncode == 3, rejected.stdout + rejected.stderr
        assert "1 versions of smoke, 0 problems." in alignment("registry", "verify")
        for path in tmp_path.rglob("*.*"):
            if path.is_file() and path.suffix in (".json", ".jsonl", ".html", ".md", ".log"):
                text = path.read_text(errors="replace")
                assert SECRET_KEY not in text and ACCESS_KEY not in text, path
