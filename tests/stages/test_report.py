from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from alignment import layout
from alignment.context import RunContext
from alignment.files import tree_digests
from alignment.report.summary import StageRecord, Summary, Training
from alignment.stages.report import ReportCounts, report
from alignment.types import Artifact
from tests.report_pages import STEP


def summary(**changes: Any) -> Summary:
    values: dict[str, Any] = {
        "name": "demo",
        "run": "20260101T000000-abcd",
        "started": "2026-01-01T00:00:00+00:00",
        "seconds": 1.0,
        "verdict": "rejected",
        "reference": "v1",
        "version": None,
        "champion": "v1",
        "mean": {},
        "languages": {},
        "rows": {},
        "corpora": [],
        "training": Training(steps=1, triplets=32, seconds=0),
        "stages": [record(reused=False)],
        "seconds_per_stage": {},
    }
    return Summary(**{**values, **changes})


def record(*, reused: bool) -> StageRecord:
    return StageRecord(
        stage="pull", label="cy", key="k", reused=reused, seconds=0.2, counts={"pairs": 7}
    )


@pytest.fixture
def triplets(tmp_path: Path) -> Artifact:
    path = tmp_path / "triplets"
    path.mkdir()
    audit = {"margin": 0.2, "strategies": {}, "languages": {}}
    (path / layout.AUDIT).write_text(json.dumps(audit))
    return Artifact("triplets", "", "t", path, tree_digests(path), {}, 0.0, "t")


@pytest.fixture
def trained(tmp_path: Path) -> Artifact:
    path = tmp_path / "train"
    path.mkdir()
    (path / layout.CURVES).write_text(json.dumps(asdict(STEP)) + "\n")
    return Artifact("train", "", "m", path, tree_digests(path), {}, 0.0, "m")


def test_the_page(context: RunContext, triplets: Artifact, trained: Artifact) -> None:
    artifact = report(context.store, summary(), {0: triplets}, trained)
    page = (artifact.path / layout.REPORT).read_text()
    assert "Rejected." in page
    assert '<h2 id="training-title">Training</h2>' in page
    assert ReportCounts.of(artifact).bytes == len(page.encode())


def test_a_repeated_run_reuses_the_page(
    context: RunContext, triplets: Artifact, trained: Artifact
) -> None:
    report(context.store, summary(), {0: triplets}, trained)
    later = summary(
        run="20270101T000000-abcd",
        started="2027-01-01T00:00:00+00:00",
        seconds=9.0,
        stages=[record(reused=True)],
    )
    assert report(context.store, later, {0: triplets}, trained).reused


def test_another_verdict_is_another_page(
    context: RunContext, triplets: Artifact, trained: Artifact
) -> None:
    report(context.store, summary(), {0: triplets}, trained)
    approved = summary(verdict="approved", version="v2", champion="v2")
    assert not report(context.store, approved, {0: triplets}, trained).reused
