"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alignment.cli.encode import decoded_lines
from alignment.errors import Malformed
from tests.support import ROOT, Cli


def test_lines_of_standard_input_to_a_file(finished: Path, tmp_path: Path) -> None:
    output = tmp_path / "vectors[1].npy"
    command = [sys.executable, "-m", "alignment", "encode", "--output", str(output)]
    done = subprocess.run(
        [*command, "--workspace", str(finished)],
        input="Good morning\nBore da\nGood morning",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    vectors = np.load(output)
    assert vectors.shape == (3, 64) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors[0] == pytest.approx(vectors[2], abs=1e-6)
    assert f"{output}: 3 x 64 float32" in done.stderr
    assert done.stdout == ""


def test_lines_are_utf8_whatever_the_locale_says() -> None:
    lines = ["\ufeffBore da\r\n".encode(), b"\n", "日本".encode()]
    assert decoded_lines(lines) == ["Bore da", "", "日本"]
    with pytest.raises(Malformed, match="UTF-8") as caught:
        decoded_lines([b"ok\n", "Höhe\n".encode("latin-1")])
    assert caught.value.where == "standard input:2"


def test_vectors_that_cannot_be_written(cli: Cli, finished: Path, tmp_path: Path) -> None:
    target = tmp_path / "missing" / "x.npy"
    done = cli("encode", "x", "--output", target, "--workspace", finished)
    assert done.returncode == 2
    assert f"error: {target}: cannot write the vectors" in done.stderr


def test_unknown_version(cli: Cli, finished: Path) -> None:
    done = cli("encode", "x", "--version", "v9", "--workspace", finished)
    assert done.returncode == 1
    assert "v9" in done.stderr and "Traceback" not in done.stderr
