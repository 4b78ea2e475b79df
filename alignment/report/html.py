"""`report.html`: one file that needs no network and no JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alignment.report.averaging import averaging_rows
from alignment.report.mistakes import Mistake
from alignment.report.sections.confusions import confusions_section
from alignment.report.sections.data import data_section
from alignment.report.sections.headline import STOPS, headline
from alignment.report.sections.history import history_section
from alignment.report.sections.languages import languages_section
from alignment.report.sections.lineage import lineage_section
from alignment.report.sections.negatives import negatives_section
from alignment.report.sections.onnx import onnx_section
from alignment.report.sections.pools import (
    hard_pool_section,
    mixed_pool_section,
    retrieval_section,
)
from alignment.report.sections.training import training_section
from alignment.report.summary import Summary
from alignment.report.templating import render_html
from alignment.types import StepMetrics

NO_MISTAKES: Mapping[str, Sequence[Mistake]] = {}


def render_report(
    summary: Summary,
    audits: Mapping[int, Mapping[str, Any]],
    steps: Sequence[StepMetrics],
    versions: Mapping[str, str],
    mistakes: Mapping[str, Sequence[Mistake]] = NO_MISTAKES,
) -> str:
    """The page, in which all text from corpora is escaped.

    Args:
        summary: The run in numbers.
        audits: `audit.json` by the step after which its triplets were mined, from 0.
        steps: The metrics of each training step.
        versions: Versions of the packages that can change a result.
        mistakes: The worst answers of the new encoder by language.
    """
    confusions = confusions_section(summary, mistakes)
    confused = {entry.code for entry in confusions.languages} if confusions else set()
    return render_html(
        "page/page.html.j2",
        s=summary,
        headline=headline(summary),
        stops_shown=STOPS,
        languages=languages_section(summary),
        confusions=confusions,
        confused=confused,
        mixed_pool=mixed_pool_section(summary),
        hard_pool=hard_pool_section(summary),
        retrieval=retrieval_section(summary),
        onnx=onnx_section(summary),
        data=data_section(summary),
        negatives=negatives_section(summary, audits),
        training=training_section(steps),
        lineage=lineage_section(summary, versions),
        history=history_section(summary),
        averaging_rows=averaging_rows(summary.averaging),
    )
