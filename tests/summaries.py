"""Summaries and artifacts made up for tests of what is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from alignment.report.summary import (
    LanguageResult,
    Mean,
    Rows,
    Score,
    StageRecord,
    SuiteResult,
    Summary,
    Training,
)
from alignment.types import Artifact


def make_score(mean: float) -> Score:
    return Score(forward=mean, backward=mean, mean=mean, low=mean - 0.1, high=mean + 0.1)


def make_result(before: float, after: float, *, reason: str = "") -> SuiteResult:
    """A result that passed if there is no reason against it."""
    return SuiteResult(
        n=1200,
        before=make_score(before),
        after=make_score(after),
        passed=not reason,
        reason=reason or "passed",
        floor=0.6,
        wins=5,
        losses=1,
        p_worse=0.9,
    )


def make_summary(
    verdict: Literal["approved", "rejected"] = "approved",
    *,
    run: str = "20260101T000000-abcd",
    reason: str = "",
    version: str | None = "v2",
    champion: str | None = "v2",
) -> Summary:
    """Finnish is trained, German is a control; `reason` is why the gate refused Finnish."""
    finnish = LanguageResult(
        name="Finnish", trained=True, suites={"heldout": make_result(0.5, 0.75, reason=reason)}
    )
    german = LanguageResult(name="German", trained=False, suites={"heldout": make_result(0.9, 0.9)})
    train = StageRecord(
        stage="train",
        label="",
        key="0123456789abcdef",
        reused=False,
        seconds=12.5,
        counts={"steps": 60, "triplets": 1822},
    )
    return Summary(
        name="quickstart",
        run=run,
        started="2026-01-01T00:00:00+00:00",
        seconds=31.4,
        verdict=verdict,
        reference="v1",
        version=version,
        champion=champion,
        mean={"heldout": Mean(before=0.5, after=0.75)},
        languages={"fi": finnish, "de": german},
        rows={
            "fi": Rows(pulled=10, kept=7, dropped={"too_short": 3}, triplets=14, triplets_seen=28)
        },
        corpora=[],
        training=Training(steps=60, triplets=1822, seconds=12.5),
        stages=[train],
        seconds_per_stage={"train": 12.5},
    )


def make_artifact(
    stage: str, label: str = "", *, counts: dict[str, Any] | None = None, reused: bool = False
) -> Artifact:
    return Artifact(
        stage=stage,
        label=label,
        key="0" * 64,
        path=Path("nowhere"),
        files={},
        counts=counts or {},
        seconds=0.0,
        digest="0" * 64,
        reused=reused,
    )
