from __future__ import annotations

import json
from pathlib import Path

from alignment.config import parse_config
from alignment.pipeline.record import write_record
from alignment.pipeline.workspace import Workspace
from alignment.report.summary import Summary, Training
from alignment.types import Artifact

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""
SUMMARY = Summary(
    name="demo",
    run="20260101T000000-abcd",
    started="2026-01-01T00:00:00+00:00",
    seconds=1.0,
    verdict="rejected",
    reference="v1",
    version=None,
    champion="v1",
    mean={},
    languages={},
    rows={},
    corpora=[],
    training=Training(steps=0, triplets=0, seconds=0),
    stages=[],
    seconds_per_stage={},
)


def test_the_directory_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "report.html").write_text("<html>")
    page = Artifact("report", "", "k", tmp_path / "page", {}, {}, 0.0, "d")
    workspace = Workspace(tmp_path / "w")
    config = parse_config(CONFIG, base=tmp_path)
    directory = write_record(workspace, config, SUMMARY, page)
    assert directory == workspace.runs / SUMMARY.run
    assert sorted(file.name for file in directory.iterdir()) == [
        "config.json",
        "digests.json",
        "report.html",
        "summary.json",
    ]
    assert Summary.model_validate_json((directory / "summary.json").read_text()) == SUMMARY
    assert json.loads((directory / "config.json").read_text())["name"] == "demo"
    assert [path.name for path in workspace.runs.iterdir()] == [SUMMARY.run]
