"""report: the page of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.provenance import package_versions
from alignment.report.html import render_report
from alignment.report.summary import Summary
from alignment.stages.confusions import read_mistakes
from alignment.store import Store
from alignment.types import Artifact, Counts, StepMetrics

REVISION = 11
ONLY_OF_THIS_RUN = {"run", "started", "seconds", "deliveries"}
NONE: Mapping[str, Artifact] = {}


@dataclass(frozen=True)
class ReportCounts(Counts):
    """The size of the page."""

    bytes: int


def report(
    store: Store,
    summary: Summary,
    triplets: Mapping[int, Artifact],
    trained: Artifact,
    *,
    candidate: Mapping[str, Artifact] = NONE,
    reference: Mapping[str, Artifact] = NONE,
) -> Artifact:
    """`report.html`, without what differs between runs of the same thing (times, what was reused).

    Args:
        store: Where the artifact goes.
        summary: The run in numbers.
        triplets: The artifacts by the step after which they were mined, from 0.
        trained: The artifact of `train`.
        candidate: The artifacts of `evaluate` by language, whose worst answers are shown.
        reference: The same of the encoder that the candidate is compared with.
    """

    def work(out: Path) -> ReportCounts:
        audits = {
            step: json.loads((artifact.path / layout.AUDIT).read_text())
            for step, artifact in triplets.items()
        }
        curves = (trained.path / layout.CURVES).read_text().splitlines()
        steps = [StepMetrics(**json.loads(line)) for line in curves]
        mistakes = {
            language: read_mistakes(artifact, reference.get(language))
            for language, artifact in candidate.items()
        }
        page = render_report(summary, audits, steps, package_versions(), mistakes)
        (out / layout.REPORT).write_text(page, encoding="utf-8")
        return ReportCounts(len(page.encode()))

    content = summary.model_dump(mode="json", exclude=ONLY_OF_THIS_RUN)
    for stage in content["stages"]:
        del stage["reused"]
    inputs = {f"audit {step}": artifact.input(layout.AUDIT) for step, artifact in triplets.items()}
    inputs["curves"] = trained.input(layout.CURVES)
    for name, evaluated in (("candidate", candidate), ("reference", reference)):
        for language, artifact in evaluated.items():
            inputs[f"{name} {language}"] = artifact.input()
    return store.build(
        "report", work, revision=REVISION, config={"summary": content}, inputs=inputs
    )
