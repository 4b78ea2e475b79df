"""A run that measures all pools, whose gate asks something of them, and its replay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from alignment.errors import ConfigError
from alignment.manifests import read_manifest
from alignment.pipeline.further_results import further_results
from alignment.pipeline.history import find_run
from alignment.pipeline.replay import replay
from alignment.pipeline.workspace import Workspace
from alignment.stages.further import FurtherArtifacts, Measured
from alignment.types import Rejected
from tests.support import SMOKE, run_here

POOLS = ("evaluate.mixed_pool=true", "evaluate.hard_pool=true")
RULES = ("gate.mixed_pool={floor: 0.1, margin: 0.05}", "gate.hard_pool={floor: 0.1, margin: 0.05}")


def run(workspace: Path, *overrides: str) -> int:
    words: list[str] = []
    for override in overrides:
        words += ["--set", override]
    return run_here("run", SMOKE, *words, workspace=workspace)


@pytest.fixture(scope="module")
def measured(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run again, with everything measured; only evaluation and gate are new."""
    workspace = tmp_path_factory.mktemp("further") / "workspace"
    shutil.copytree(finished, workspace, symlinks=True)
    root = workspace / "suite"
    (root / "qrels").mkdir(parents=True)
    texts = ["El archivo es nuevo.", "Cancelar", "Abrir la puerta", "Imprimir"]
    lines = [json.dumps({"_id": f"d{i}", "text": text}) for i, text in enumerate(texts)]
    (root / "corpus.jsonl").write_text("\n".join(lines))
    (root / "queries.jsonl").write_text("\n".join(lines))
    (root / "qrels" / "test.tsv").write_text("".join(f"d{i}\td{i}\t1\n" for i in range(4)))
    suite = f"evaluate.retrieval={{help: {{path: {root}, language: es}}}}"
    asked = "gate.retrieval={metric: mrr@10, floor: 0.5}"
    assert run(workspace, *POOLS, suite, *RULES, asked) in (0, 3)
    return workspace


def record_of(workspace: Path) -> dict[str, Any]:
    last = max((workspace / "runs").glob("[!.]*"), key=lambda path: path.name)
    content: dict[str, Any] = json.loads((last / "summary.json").read_text())
    return content


def rules(workspace: Path, language: str) -> dict[str, Any]:
    suite = record_of(workspace)["languages"][language]["suites"]["heldout"]
    return {rule["name"]: rule for rule in suite["rules"]}


def test_every_rule_is_in_the_verdict(measured: Path) -> None:
    spanish = rules(measured, "es")
    assert {"mixed_pool", "hard_pool", "retrieval"} <= set(spanish)
    assert spanish["retrieval"]["reason"].startswith("MRR@10 on help")
    assert spanish["retrieval"]["numbers"]["queries"] == 4
    russian = rules(measured, "ru")
    assert {"mixed_pool", "hard_pool"} <= set(russian)
    assert "retrieval" not in russian
    for rule in (spanish["hard_pool"], russian["mixed_pool"]):
        assert 0 < rule["numbers"]["after"] <= 1


def test_it_is_decided_again_without_a_model(measured: Path) -> None:
    workspace = Workspace(measured)
    again = replay(workspace, "")
    assert again.verdict == again.recorded
    strict = replay(workspace, "", ["gate.hard_pool={floor: 0.999}", "gate.retrieval=null"])
    assert isinstance(strict.verdict, Rejected)
    assert "accuracy in the hard pool" in strict.verdict.failed[0].reason
    for finding in strict.verdict.findings:
        assert "retrieval" not in [rule.name for rule in finding.rules]


def test_what_was_not_measured_cannot_be_asked_for(finished: Path) -> None:
    with pytest.raises(ConfigError, match=r"set evaluate\.hard_pool to true"):
        replay(Workspace(finished), "", ["gate.hard_pool={floor: 0.1}"])


def test_a_damaged_suite_stops_the_run_before_training(finished: Path, tmp_path: Path) -> None:
    root = tmp_path / "suite"
    (root / "qrels").mkdir(parents=True)
    (root / "queries.jsonl").write_text('{"_id": "q", "text": "x"}\n')
    (root / "corpus.jsonl").write_text('{"_id": "d", "text": "x"}\n')
    (root / "qrels" / "test.tsv").write_text("q\td\t0\n")
    suite = f"evaluate.retrieval={{help: {{path: {root}, language: es}}}}"
    assert run(tmp_path / "workspace", suite) == 1
    assert not list((tmp_path / "workspace").glob("store/train/*"))


def test_results_of_both_encoders(measured: Path) -> None:
    workspace = Workspace(measured)
    record = find_run(measured, "")
    (gate,) = [stage for stage in record.summary.stages if stage.stage == "gate"]
    inputs = read_manifest(workspace.store.get(gate.key).path)["inputs"]

    def of(role: str) -> Measured:
        evaluated = {}
        further = {}
        for name, entry in inputs.items():
            artifact = workspace.store.get(entry["key"]) if entry.get("key") else None
            if artifact is not None and name.startswith(f"{role}:"):
                evaluated[name.removeprefix(f"{role}:")] = artifact
            elif artifact is not None and name.startswith(f"further:{role}:"):
                further[name.removeprefix(f"further:{role}:")] = artifact
        return Measured(evaluated, FurtherArtifacts.of(further))

    results = further_results(of("candidate"), of("reference"))
    assert results["mixed_pool"] == record_of(measured)["mixed_pool"]
    assert results["hard_pool"] == record_of(measured)["hard_pool"]
    assert results["retrieval"] == record_of(measured)["retrieval"]
    assert set(results["mixed_pool"]) == set(results["hard_pool"]) == {"es", "ru", "ja"}
    assert set(results["retrieval"]) == {"es"}
    hard = results["hard_pool"]["es"]["heldout"]
    assert hard["hard"]["after"] <= hard["plain"]["after"]
    wrong = hard["queries"] * (1 - hard["hard"]["after"])
    assert sum(hard["errors"].values()) == pytest.approx(wrong)
    judged = rules(measured, "es")
    assert hard["hard"]["after"] == pytest.approx(judged["hard_pool"]["numbers"]["after"])
    mixed = results["mixed_pool"]["es"]
    assert mixed["accuracy"]["after"] == pytest.approx(judged["mixed_pool"]["numbers"]["after"])
    retrieval = results["retrieval"]["es"]["help"]
    assert (retrieval["queries"], retrieval["documents"]) == (4, 4)
    after = retrieval["metrics"]["mrr@10"]["after"]
    assert after == pytest.approx(judged["retrieval"]["numbers"]["after"])


def test_the_page_has_a_section_for_each(measured: Path) -> None:
    last = max((measured / "runs").glob("[!.]*"), key=lambda path: path.name)
    page = (last / "report.html").read_text()
    for text in ("MRR@10", "accuracy, hard pool", "its share of the pool"):
        assert text in page
