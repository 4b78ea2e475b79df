"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from alignment.cli.encode import decoded_lines, encode
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import ConfigError, Malformed
from tests.support import Cli
from tests.unit.encoder.examples import small_encoder
from tests.unit.encoder.toys import write_json


def test_lines_of_standard_input_to_a_file(
    cli: Cli, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "vectors[1].npy"
    lines = io.BytesIO(b"Good morning\nBore da\nGood morning")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines, encoding="ascii"))
    done = cli("encode", "--output", output, "--workspace", finished)
    assert done.returncode == 0
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


@pytest.fixture
def two_prompts(tmp_path: Path) -> Path:
    """A workspace with a published model that has two prompts."""
    encoder = small_encoder()
    choose_prompts(encoder.container, Prompts("the red ", "the green "))
    path = tmp_path / "registry/demo/v1"
    save_encoder(path, encoder)
    write_json(path / "manifest.json", {"digest": "x"})
    (path.parent / "champion").symlink_to("v1")
    return tmp_path


@pytest.mark.parametrize("side", ["source", "target"])
def test_the_prompt_of_a_side(
    two_prompts: Path, side: Literal["source", "target"], capsys: pytest.CaptureFixture[str]
) -> None:
    encode(["house"], None, "champion", None, side, False, str(two_prompts))
    (line,) = capsys.readouterr().out.splitlines()
    encoder = load_encoder(two_prompts / "registry/demo/v1")
    expected = encoder.encode(["house"], side=side)[0]
    assert json.loads(line)["vector"] == pytest.approx(expected.tolist(), abs=1e-5)


def test_two_prompts_need_a_side(two_prompts: Path) -> None:
    with pytest.raises(ConfigError, match="the model has two prompts") as caught:
        encode(["house"], None, "champion", None, None, False, str(two_prompts))
    assert "--side target" in str(caught.value)
