"""report: the page of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.provenance import package_versions
from alignment.report.summary import Summary
from alignment.store import Store
from alignment.types import Artifact, Counts, StepMetrics

REVISION = 9
ONLY_OF_THIS_RUN = {"run", "started", "seconds", "deliveries"}


@dataclass(frozen=True)
class ReportCounts(Counts):
    """The size of the page."""

    bytes: int


def report(
    store: Store, summary: Summary, triplets: Mapping[int, Artifact], trained: Artifact
) -> Artifact:
    """`report.html`, without what differs between runs of the same thing (times, what was reused).

    `triplets` has the artifacts by the step after which they were mined, from 0.
    """

    def work(out: Path) -> ReportCounts:
        # Imports matplotlib, which takes half a second that a reused report saves.
        from alignment.report.html import render_report

        audits = {
            step: json.loads((artifact.path / layout.AUDIT).read_text())
            for step, artifact in triplets.items()
        }
        curves = (trained.path / layout.CURVES).read_text().splitlines()
        steps = [StepMetrics(**json.loads(line)) for line in curves]
        page = render_report(summary, audits, steps, package_versions())
        (out / layout.REPORT).write_text(page, encoding="utf-8")
        return ReportCounts(len(page.encode()))

    content = summary.model_dump(mode="json", exclude=ONLY_OF_THIS_RUN)
    for stage in content["stages"]:
        del stage["reused"]
    inputs = {f"audit {step}": artifact.input(layout.AUDIT) for step, artifact in triplets.items()}
    inputs["curves"] = trained.input(layout.CURVES)
    return store.build(
        "report", work, revision=REVISION, config={"summary": content}, inputs=inputs
    )
