"""Runs that publish ONNX graphs: what the gate says of them, and what a version then has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alignment import layout
from alignment.encoder.directory import load_encoder
from alignment.manifests import read_manifest
from alignment.pipeline.history import find_run
from alignment.pipeline.replay import replay
from alignment.pipeline.workspace import Workspace
from alignment.registry import Registry, find_damage
from alignment.types import Approved, Rejected
from tests.planted_onnx import quantize_badly
from tests.support import SMOKE, run_here

pytestmark = pytest.mark.slow
runtime = pytest.importorskip("alignment.encoder.onnx.runtime")
for module in ("onnx", "onnxruntime", "onnxscript"):
    pytest.importorskip(module)

BOTH = "publish.onnx={int8: true}"
TEXTS = ["Abrir el archivo", "Cancelar", "Open the file"]


def run(workspace: Path, *overrides: str) -> int:
    words: list[str] = []
    for override in overrides:
        words += ["--set", override]
    return run_here("run", SMOKE, *words, workspace=workspace)


def last_run(workspace: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (find_run(workspace, "").directory / "summary.json").read_text()
    )
    return content


def page(workspace: Path) -> str:
    return (find_run(workspace, "").directory / layout.REPORT).read_text()


@pytest.fixture
def trained(finished: Path, tmp_path: Path) -> Path:
    """The finished run before its version was published."""
    workspace = tmp_path / "workspace"
    shutil.copytree(finished, workspace, symlinks=True)
    shutil.rmtree(workspace / "registry")
    return workspace


@pytest.fixture
def bad_int8(monkeypatch: pytest.MonkeyPatch) -> None:
    from alignment.encoder.onnx import quantize

    monkeypatch.setattr(quantize, "quantize_graph", quantize_badly)


def test_a_version_with_both_graphs(trained: Path) -> None:
    assert run(trained, BOTH, "gate.onnx={margin: 0.1}") == 0
    registry = Registry(trained / "registry", "smoke")
    version = registry.get("champion")
    assert find_damage(registry) == []
    encoder = load_encoder(version.path)
    for folder, tolerance in ((layout.ONNX, 1e-5), (layout.ONNX_INT8, 0.3)):
        graph = runtime.OnnxEncoder(version.path / folder)
        assert graph.encode(TEXTS) == pytest.approx(encoder.encode(TEXTS), abs=tolerance)
    results = version.manifest["onnx"]
    scores = results["graphs"]["onnx"]["languages"]
    assert set(scores) == {"es", "ru", "ja"}
    for code, suites in scores.items():
        measured = version.manifest["accuracy"]["heldout"][code]
        assert suites["heldout"]["torch"] == pytest.approx(measured, abs=1e-4)
        assert suites["heldout"]["onnx"] == pytest.approx(measured, abs=1e-4)
    assert set(version.exports) == {
        f"{folder}/{file}"
        for folder in (layout.ONNX, layout.ONNX_INT8)
        for file in ("manifest.json", "model.onnx", "tokenizer.json")
    }
    card = (version.path / "README.md").read_text()
    assert "| Spanish | heldout | onnx | " in card
    assert 'id="onnx"' in page(trained)
    assert run(trained, BOTH, "gate.onnx={margin: 0.1}") == 0
    stages = {stage["stage"]: stage["reused"] for stage in last_run(trained)["stages"]}
    assert stages["onnx"] and stages["evaluate_onnx"] and stages["gate"]


def test_a_bad_graph_is_left_out(
    trained: Path, bad_int8: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(trained, BOTH) == 0
    printed = capsys.readouterr().out
    assert "Left out: onnx-int8 is not published." in printed
    version = Registry(trained / "registry", "smoke").get("champion")
    assert {name.partition("/")[0] for name in version.exports} == {layout.ONNX}
    graph = version.manifest["onnx"]["graphs"][layout.ONNX_INT8]
    assert graph["accepted"] is False
    assert "the int8 ONNX graph loses" in graph["languages"]["es"]["heldout"]["reason"]
    card = (version.path / "README.md").read_text()
    assert "`onnx-int8/` was left out" in card
    assert "more than 1 point:" in card
    text = page(trained)
    assert "onnx-int8 is not published" in text


def test_a_bad_graph_refuses_the_version(trained: Path, bad_int8: None) -> None:
    strict = "gate.onnx={refuses: version}"
    assert run(trained, BOTH, strict) == 3
    assert Registry(trained / "registry", "smoke").names() == []
    summary = last_run(trained)
    assert summary["verdict"] == "rejected"
    rules = {
        rule["name"]: rule for rule in summary["languages"]["es"]["suites"]["heldout"]["rules"]
    }
    assert rules["onnx"]["passed"] and not rules["onnx_int8"]["passed"]
    workspace = Workspace(trained)
    assert isinstance(replay(workspace, "").verdict, Rejected)
    lax = replay(workspace, "", ["gate.onnx={refuses: file}"])
    assert isinstance(lax.verdict, Approved)
    assert lax.summary.onnx is not None
    assert not lax.summary.onnx.graphs[layout.ONNX_INT8].accepted
    signed = ("--override", "--by", "Ana", "--reason", "The float32 graph is enough.")
    assert run_here("registry", "promote", "smoke", summary["run"], *signed, workspace=trained) == 0
    version = Registry(trained / "registry", "smoke").get("champion")
    assert {name.partition("/")[0] for name in version.exports} == {layout.ONNX}


def test_a_graph_with_other_vectors_is_a_reason_and_no_error(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alignment.encoder.onnx import export

    monkeypatch.setattr(export, "LOWEST_COSINE", 1.1)
    assert run(trained, "publish.onnx=true") == 0
    version = Registry(trained / "registry", "smoke").get("champion")
    assert version.exports == {}
    assert "the graph gives another vector" in version.manifest["onnx"]["problem"]
    assert "could not be made" in page(trained)
    assert run(trained, "publish.onnx=true", "gate.onnx={refuses: version}") == 3


def test_an_equal_encoder_is_not_published_again(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(finished, workspace, symlinks=True)
    assert run(workspace, "publish.onnx=true") == 0
    version = Registry(workspace / "registry", "smoke").get("champion")
    assert version.name == "v1"
    assert version.exports == {}
    printed = capsys.readouterr()
    assert "v1 of smoke has this encoder already and was published without" in printed.err


def test_the_graph_and_torch_agree_on_a_published_version(trained: Path) -> None:
    """Queries in ONNX Runtime find what torch has indexed."""
    assert run(trained, "publish.onnx=true") == 0
    version = Registry(trained / "registry", "smoke").get("champion")
    manifest = read_manifest(version.path / layout.ONNX)
    assert manifest["model"] == {"digest": version.digest}
    indexed = load_encoder(version.path).encode(TEXTS, side="target")
    queries = runtime.OnnxEncoder(version.path / layout.ONNX).encode(TEXTS)
    assert np.argmax(queries @ indexed.T, axis=1).tolist() == [0, 1, 2]
