"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support import ROOT, Cli

TEXTS = ["Good morning", "Bore da [sic]"]


def test_output_file_and_lines_of_standard_input_agree(
    cli: Cli, finished: Path, tmp_path: Path
) -> None:
    output = tmp_path / "vectors.npy"
    done = cli("encode", *TEXTS, "--output", output, "--workspace", finished)
    assert done.returncode == 0, done.stderr
    vectors = np.load(output)
    assert vectors.shape == (2, 64) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert str(output) in done.stderr and done.stdout == ""

    piped = subprocess.run(
        [sys.executable, "-m", "alignment", "encode", "--workspace", str(finished)],
        input="\n".join(TEXTS),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    lines = [json.loads(line) for line in piped.stdout.splitlines()]
    assert [line["text"] for line in lines] == TEXTS
    assert np.array([line["vector"] for line in lines]) == pytest.approx(vectors, abs=1e-5)


def test_unknown_version(cli: Cli, finished: Path) -> None:
    done = cli("encode", "x", "--version", "v9", "--workspace", finished)
    assert done.returncode == 1
    assert "v9" in done.stderr and "Traceback" not in done.stderr
