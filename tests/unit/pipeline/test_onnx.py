"""Which graphs a version gets, and what is recorded about them; no encoder is exported here."""

from __future__ import annotations

from pathlib import Path

import pytest

from alignment import layout
from alignment.config import Gate, OnnxRule, parse_config
from alignment.errors import ConfigError
from alignment.files import write_json
from alignment.gate import ExportOutcome, PairedOutcomes, SuiteOutcomes, decide
from alignment.pipeline import onnx as publishing
from alignment.pipeline.onnx import accepted_graphs, check_base, onnx_record
from alignment.pipeline.workspace import Workspace
from alignment.report.onnx import OnnxResults
from alignment.stages.evaluate_onnx import EvaluateOnnxCounts
from alignment.stages.further import FurtherArtifacts, Measured, export_outcomes
from alignment.stages.onnx import OnnxCounts
from alignment.store import Store
from alignment.types import Artifact, Counts, Verdict

PROBLEM = "torch cannot export LongformerModel to ONNX"


def made_graphs(store: Store, problem: str = "") -> Artifact:
    """As the stage `onnx` makes them, but for their content."""

    def work(out: Path) -> OnnxCounts:
        if problem:
            return OnnxCounts(None, problem=problem)
        for folder in (layout.ONNX, layout.ONNX_INT8):
            (out / folder).mkdir()
            (out / folder / "model.onnx").write_text(folder)
        return OnnxCounts(0.9999999, {layout.ONNX: 400, layout.ONNX_INT8: 100})

    return store.build("onnx", work, revision=1, config={"problem": problem}, inputs={})


def measured_graphs(store: Store) -> Artifact:
    def work(out: Path) -> Counts:
        right = {"queries": 100, "forward": 80, "backward": 90}
        write_json(out / layout.ONNX_ACCURACY, {"onnx_int8": {"heldout": right}})
        return EvaluateOnnxCounts(graphs=1, suites=1)

    return store.build("evaluate_onnx", work, revision=1, config={}, inputs={})


def verdict_of(*outcomes: ExportOutcome, margin: float = 0.01) -> Verdict:
    answers = [True] * 90 + [False] * 10
    pairs = PairedOutcomes(answers, answers)
    suites = [SuiteOutcomes(code, "heldout", pairs, pairs, exports=outcomes) for code in "ab"]
    rules = {"a": Gate(onnx=OnnxRule(margin=margin)), "b": Gate(onnx=OnnxRule(margin=1.0))}
    return decide(suites, rules, "v1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_graph_that_one_language_refuses_is_left_out(store: Store) -> None:
    made = made_graphs(store)
    verdict = verdict_of(ExportOutcome("onnx", 0.9), ExportOutcome("onnx_int8", 0.85))
    accepted = accepted_graphs(verdict, made)
    assert set(accepted) == {layout.ONNX}
    assert accepted[layout.ONNX].files == made.directory(layout.ONNX).files
    results = OnnxResults.model_validate(onnx_record(verdict, made))
    int8 = results.graphs[layout.ONNX_INT8]
    assert (int8.precision, int8.accepted, int8.bytes) == ("int8", False, 100)
    ((language, suite, score),) = int8.refusals()
    assert (language, suite) == ("a", "heldout")
    assert score.loss == pytest.approx(0.05)
    assert results.graphs[layout.ONNX].accepted


def test_no_graph_could_be_made(store: Store) -> None:
    made = made_graphs(store, PROBLEM)
    further = FurtherArtifacts(onnx=made)
    outcomes = list(export_outcomes(Measured({}, further), "a", "heldout"))
    assert outcomes == [ExportOutcome("onnx", 0.0, PROBLEM)]
    verdict = verdict_of(*outcomes)
    assert accepted_graphs(verdict, made) == {}
    results = OnnxResults.model_validate(onnx_record(verdict, made))
    assert results.problem == PROBLEM
    assert results.graphs[layout.ONNX].languages["a"]["heldout"].onnx is None


def test_without_the_setting_there_is_nothing(store: Store) -> None:
    verdict = verdict_of()
    assert onnx_record(verdict, None) == {}
    assert accepted_graphs(verdict, None) == {}
    assert list(export_outcomes(Measured({}), "a", "heldout")) == []


def test_the_accuracy_is_the_mean_of_both_directions(store: Store) -> None:
    further = FurtherArtifacts(onnx=made_graphs(store), onnx_measured={"a": measured_graphs(store)})
    (outcome,) = export_outcomes(Measured({}, further), "a", "heldout")
    assert outcome.rule == "onnx_int8"
    assert outcome.accuracy == pytest.approx(0.85)
    assert FurtherArtifacts.of(further.by_name()) == further


def test_an_encoder_that_cannot_be_exported_stops_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigError("the pooling leaves out the prompt's tokens", where="model")

    monkeypatch.setattr(publishing, "check_exportable", refuse)
    workspace = Workspace(tmp_path / "workspace")
    encoder = made_graphs(workspace.store)
    text = "name: a\nencoder: {source: scratch}\nlanguages: {fi: {}}\n"
    text += 'corpora: [{kind: local, path: "{lang}.tsv"}]\n'
    check_base(parse_config(text), workspace, encoder)
    with pytest.raises(ConfigError, match="cannot be published as ONNX: the pooling leaves out"):
        check_base(parse_config(text + "publish: {onnx: true}\n"), workspace, encoder)
