"""`publish` and `gate.onnx`: what can be written, and what is refused."""

from __future__ import annotations

import pytest

from alignment.config import Config, OnnxFiles, parse_config
from alignment.errors import ConfigError

START = """
name: demo
encoder: {source: hub, model: a/b, revision: 0123456789012345678901234567890123456789%s}
corpora: [{kind: local, path: "a-{lang}.tsv"}]
languages: {fi: {}, cy: {gate: {onnx: {margin: 0.02}}}}
"""


def parsed(line: str, encoder: str = "") -> Config:
    return parse_config(START % encoder + line, name="c.yaml")


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("", None),
        ("publish: {onnx: false}", None),
        ("publish: {onnx: null}", None),
        ("publish: {onnx: true}", OnnxFiles()),
        ("publish: {onnx: {}}", OnnxFiles()),
        ("publish: {onnx: {int8: true}}", OnnxFiles(int8=True)),
    ],
)
def test_a_switch_or_a_section(line: str, files: OnnxFiles | None) -> None:
    config = parsed(line)
    assert config.publish.onnx == files
    assert Config.model_validate(config.model_dump(mode="json")) == config


def test_a_language_may_allow_more() -> None:
    config = parsed("gate: {onnx: {margin: 0.005, refuses: version}}")
    assert config.settings("fi").gate.onnx.margin == 0.005
    assert config.settings("cy").gate.onnx.margin == 0.02


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("publish: {onnx: 3}", r"c\.yaml:6: publish\.onnx: expected true, false or keys"),
        ("publish: {onnx: {int4: true}}", r"publish\.onnx\.int4: unknown key; valid keys: int8"),
        ("publish: {onnx: {quantize: true}}", r"use `publish\.onnx\.int8`"),
        ("gate: {onnx: {max_loss: 0.5}}", r"use `gate\.onnx\.margin`"),
        ("gate: {onnx: {refuses: both}}", r"gate\.onnx\.refuses: expected 'file' or 'version'"),
        ("gate: {onnx: {margin: 2}}", r"gate\.onnx\.margin: expected at most 1"),
    ],
)
def test_what_is_refused(line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parsed(line)


def test_code_of_its_own_cannot_be_exported() -> None:
    with pytest.raises(ConfigError, match=r"publish\.onnx: an encoder with Python code of its own"):
        parsed("publish: {onnx: true}", ", trust_remote_code: true")
