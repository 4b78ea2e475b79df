"""A small summary: one language that passed, one that failed, and a control language."""

from __future__ import annotations

import pytest

from alignment.report.summary import (
    CorpusUse,
    LanguageResult,
    Mean,
    Rows,
    Score,
    StageRecord,
    SuiteResult,
    Summary,
    Training,
)


def score(mean: float) -> Score:
    return Score(forward=mean, backward=mean, mean=mean, low=mean - 0.05, high=mean + 0.05)


def suite_result(before: float, after: float, *, passed: bool) -> SuiteResult:
    return SuiteResult(
        n=1200,
        before=score(before),
        after=score(after),
        passed=passed,
        reason="better" if passed else "below the floor",
        floor=0.5,
        wins=30,
        losses=4,
        p_worse=0.98765,
    )


def language(name: str, result: SuiteResult, *, trained: bool = True) -> LanguageResult:
    return LanguageResult(name=name, trained=trained, suites={"heldout": result})


@pytest.fixture
def summary() -> Summary:
    return Summary(
        name="demo",
        run="20260101T000000-abcd",
        started="2026-01-01T00:00:00+00:00",
        seconds=1.5,
        verdict="rejected",
        reference="the base encoder",
        version=None,
        champion="v1",
        mean={"heldout": Mean(before=0.3, after=0.7)},
        languages={
            "cy": language("Welsh", suite_result(0.4, 0.9, passed=True)),
            "ga": language("Irish", suite_result(0.2, 0.4, passed=False)),
            "de": language("German", suite_result(0.95, 0.95, passed=True), trained=False),
        },
        rows={
            "cy": Rows(
                pulled=12_000,
                kept=9_000,
                dropped={"too_few_words": 3_000},
                triplets=18_000,
                triplets_seen=54_321,
            )
        },
        corpora=[CorpusUse(name="tiny", version="1", license="MIT", pairs=12_000)],
        training=Training(steps=60, triplets=54_321, seconds=9.0),
        stages=[
            StageRecord(
                stage="pull",
                label="cy",
                key="0123456789abcdef",
                reused=True,
                seconds=0.2,
                counts={"pairs": 12_000, "by_corpus": {"tiny": 12_000}},
            )
        ],
        seconds_per_stage={"pull": 0.2},
    )
