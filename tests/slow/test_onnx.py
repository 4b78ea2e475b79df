"""Exports to ONNX: every layout of encoder, their accuracy, and a user without torch."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.onnx import export as exporting
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import AlignmentError, Corrupt, Missing
from alignment.manifests import read_manifest
from alignment.pipeline.export import export
from alignment.pipeline.export_suites import Suite
from alignment.pipeline.measure import Bitext
from alignment.pipeline.search import Models
from alignment.pipeline.workspace import Workspace
from tests.support import ROOT, run_here
from tests.unit.encoder.examples import TEXTS, small_encoder
from tests.unit.encoder.layout_files import skip_without, write_layout
from tests.unit.encoder.layouts import BY_NAME

pytestmark = pytest.mark.slow
runtime = pytest.importorskip("alignment.encoder.onnx.runtime")
for module in ("onnx", "onnxruntime", "onnxscript"):
    pytest.importorskip(module)

REFUSED = {
    "XLNet": "XLNetModel reads types of tokens",
    "INSTRUCTOR": "leaves out the prompt",
}
"""By name, before anything is exported."""
CANNOT = ("Longformer", "Funnel")
"""Layouts that torch cannot export. The message names the architecture."""
SUITE = [Suite("toy", [Bitext("cy", TEXTS, [f"{text} " for text in TEXTS])])]


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(Workspace(tmp_path / "workspace"))


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = small_encoder()
    choose_prompts(encoder.container, Prompts("query: ", "the red "))
    path = tmp_path_factory.mktemp("toy") / "toy"
    save_encoder(path, encoder)
    return path


@pytest.fixture(scope="module")
def exported(toy: Path) -> Path:
    """A float32 export; copy it to change it."""
    models = Models(Workspace(toy.parent / "workspace"))
    export(models.find(str(toy)), models, toy.parent / "onnx", SUITE)
    return toy.parent / "onnx"


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_layout_is_exported_or_refused_by_name(name: str, tmp_path: Path) -> None:
    from alignment.encoder.onnx.graph import export_graph

    layout = BY_NAME[name]
    skip_without(layout)
    write_layout(tmp_path / "model", layout)
    (tmp_path / "out").mkdir()
    if name in REFUSED:
        with pytest.raises(AlignmentError, match=REFUSED[name]):
            export_graph(tmp_path / "model", tmp_path / "out")
        return
    if name in CANNOT:
        with pytest.raises(AlignmentError, match=f"torch cannot export {name}Model to ONNX: "):
            export_graph(tmp_path / "model", tmp_path / "out")
        return
    export_graph(tmp_path / "model", tmp_path / "out")
    encoder = load_encoder(tmp_path / "model", device="cpu")
    exporting.write_prompts(tmp_path / "out", encoder)
    assert exporting.verify(encoder, runtime.OnnxEncoder(tmp_path / "out")) > 0.99999


@pytest.mark.parametrize("kind", ["onnx", "onnx-int8"])
def test_the_manifest_of_an_export(toy: Path, models: Models, tmp_path: Path, kind: str) -> None:
    model = models.find(str(toy))
    result = export(model, models, tmp_path / "out", SUITE, format=kind, margin=1.0)  # type: ignore[arg-type]
    manifest = read_manifest(tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "manifest.json",
        "model.onnx",
        "tokenizer.json",
    ]
    (score,) = manifest["accuracy"]
    assert score["language"] == "cy" and score["suite"] == "toy" and score["pairs"] == len(TEXTS)
    assert score["fp32"] == score["torch"] > 0
    assert (score["int8"] is None) == (kind == "onnx")
    assert manifest["model"]["digest"] == model.described.digest
    assert manifest["prompts"] == {"source": "query: ", "target": "the red "}
    assert manifest["lowest_cosine"] == result.lowest_cosine >= 0.99999
    assert set(manifest["files"]) == {"model.onnx", "tokenizer.json"}


def test_a_language_that_loses_is_refused_by_name(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted quantizer gives all texts nearly the same vector."""
    from alignment.encoder.onnx import quantize

    def quantized(source: Path, target: Path) -> None:
        import onnx
        from onnx import numpy_helper

        graph = onnx.load(source)
        for weights in graph.graph.initializer:
            values = numpy_helper.to_array(weights)
            if values.ndim == 2 and values.dtype == np.float32:
                weights.CopyFrom(numpy_helper.from_array(values * 0 + 1, weights.name))
        onnx.save(graph, target)

    monkeypatch.setattr(quantize, "quantize_graph", quantized)
    suite = tmp_path / "suite.tsv"
    suite.write_text(
        "".join(f"{text}\t{text}\n" for text in ("source", *TEXTS)).replace(
            "source\tsource", "en\tcy"
        )
    )
    corpus = f'{{kind: local, path: "{suite}", columns: {{source: en, target: "{{lang}}"}}}}'
    asked = ("registry", "export", toy, "--format", "onnx-int8", "--out", tmp_path / "out")
    code = run_here(*asked, "--suite", corpus, "--language", "cy", workspace=tmp_path / "workspace")
    printed = capsys.readouterr()
    assert code == 3
    assert re.search(r"loses \d+\.\d points, more than the margin of 1\n", printed.err)
    assert printed.err.startswith("cy (")
    assert "Refused: nothing was written." in printed.out
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.glob(".out*"))


def test_a_graph_with_other_vectors_is_not_written(
    toy: Path, models: Models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LOWEST_COSINE", 1.1)
    with pytest.raises(AlignmentError, match="the graph gives another vector for"):
        export(models.find(str(toy)), models, tmp_path / "out", SUITE)
    assert not (tmp_path / "out").exists()


def test_the_example_of_the_documentation_needs_no_torch(toy: Path, exported: Path) -> None:
    page = (ROOT / "docs/how-to/export-to-onnx.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    script = f"""
import sys
sys.modules["torch"] = None
sys.modules["transformers"] = None
{example}
vectors = [encode({TEXTS!r}, side).tolist() for side in ("source", "target")]
print(json.dumps(vectors))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=exported.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    source, target = np.array(json.loads(done.stdout))
    encoder = load_encoder(toy)
    assert source == pytest.approx(encoder.encode(TEXTS, side="source"), abs=1e-5)
    assert target == pytest.approx(encoder.encode(TEXTS, side="target"), abs=1e-5)


def test_the_runtime_imports_no_torch(exported: Path) -> None:
    script = (
        "import sys; from pathlib import Path; "
        "from alignment.encoder.onnx.runtime import OnnxEncoder; "
        f"print(OnnxEncoder(Path({str(exported)!r})).encode(['a', 'b']).shape); "
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "(2, 32)\n", done.stderr


def test_the_suites_of_a_published_version(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("registry", "export", "smoke@champion", "--out", tmp_path / "out", "--margin", "0")
    assert run_here(*asked, workspace=finished) == 0
    manifest = read_manifest(tmp_path / "out")
    assert {score["language"] for score in manifest["accuracy"]} == {"es", "ru", "ja"}
    published = read_manifest(finished / "registry/smoke/v1")["accuracy"]
    for score in manifest["accuracy"]:
        assert score["torch"] == pytest.approx(
            published[score["suite"]][score["language"]], abs=1e-4
        )


def test_damaged_exports(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported, tmp_path / "onnx")
    (tmp_path / "onnx" / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(Corrupt, match="got 7 bytes, expected"):
        runtime.OnnxEncoder(tmp_path / "onnx")
    (tmp_path / "onnx" / "tokenizer.json").unlink()
    with pytest.raises(Missing, match=r"tokenizer\.json is missing"):
        runtime.OnnxEncoder(tmp_path / "onnx")
