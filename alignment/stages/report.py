"""report: the summary of a run, and its page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from alignment import languages
from alignment.provenance import package_versions
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
from alignment.retrieval.metrics import wilson
from alignment.store import Store
from alignment.types import Accuracy, Approved, Artifact, Finding, Verdict

REVISION = 6
_OF_ONE_RUN = {"run", "started", "seconds"}


def report(
    store: Store, summary: Summary, built: Mapping[int, Artifact], trained: Artifact
) -> Artifact:
    """`report.html`. What differs from run to run only (times of day, what was reused) is not in it.

    `built` are the triplets by the step after which they were mined, 0 for those that training begins with.
    """

    def work(out: Path) -> dict[str, int]:
        from alignment.report.html import (
            render_report,  # matplotlib: half a second that a reused report saves
        )

        audits = {
            step: json.loads((triplets.path / "audit.json").read_text())
            for step, triplets in built.items()
        }
        curves = [
            json.loads(line) for line in (trained.path / "curves.jsonl").read_text().splitlines()
        ]
        page = render_report(summary, audits, curves, package_versions())
        (out / "report.html").write_text(page, encoding="utf-8")
        return {"bytes": len(page.encode())}

    shown = summary.model_dump(mode="json", exclude={*_OF_ONE_RUN})
    for stage in shown["stages"]:
        del stage["reused"]
    given = {f"audit {step}": triplets.input("audit.json") for step, triplets in built.items()}
    given["curves"] = trained.input("curves.jsonl")
    return store.build("report", work, revision=REVISION, config={"summary": shown}, inputs=given)


def corpora_used(
    pulled: Mapping[str, Artifact], described: Mapping[str, tuple[str, str]]
) -> list[CorpusUse]:
    """Pairs per corpus over all languages; `described` gives version and license by name."""
    totals: dict[str, int] = {}
    for artifact in pulled.values():
        for name, count in artifact.counts.items():
            if name.startswith("corpus:"):
                totals[name.removeprefix("corpus:")] = (
                    totals.get(name.removeprefix("corpus:"), 0) + count
                )
    return [
        CorpusUse(name=n, version=described[n][0], license=described[n][1], pairs=total)
        for n, total in totals.items()
    ]


def language_results(verdict: Verdict, trained: Sequence[str]) -> dict[str, LanguageResult]:
    """The findings by language and suite."""
    codes = list(dict.fromkeys(finding.language for finding in verdict.findings))
    return {
        code: LanguageResult(
            name=languages.name(code),
            trained=code in trained,
            suites={
                finding.suite: _result(finding)
                for finding in verdict.findings
                if finding.language == code
            },
        )
        for code in codes
    }


def means(results: Mapping[str, LanguageResult]) -> dict[str, Mean]:
    """Per suite over the trained languages that have it."""
    found: dict[str, Mean] = {}
    suites = list(dict.fromkeys(suite for result in results.values() for suite in result.suites))
    for suite in suites:
        own = [
            result.suites[suite]
            for result in results.values()
            if result.trained and suite in result.suites
        ]
        if own:
            before = sum(result.before.mean for result in own) / len(own)
            found[suite] = Mean(
                before=before, after=sum(result.after.mean for result in own) / len(own)
            )
    return found


def rows(pulled: Artifact, cleaned: Artifact, triplets: Artifact, trained: Artifact) -> Rows:
    """The ledger of one trained language."""
    ledger = json.loads((cleaned.path / "ledger.json").read_text())
    return Rows(
        pulled=pulled.counts["pairs"],
        kept=ledger["kept"],
        dropped=ledger["dropped"],
        triplets=triplets.counts[f"triplets:{cleaned.label}"],
        batches=trained.counts.get(f"batches:{cleaned.label}", 0),
    )


def stage_records(artifacts: Sequence[Artifact]) -> list[StageRecord]:
    """Every artifact of the run, in the order of the stages."""
    return [
        StageRecord(
            stage=a.stage,
            label=a.label,
            key=a.key,
            reused=a.reused,
            seconds=a.seconds,
            counts=dict(a.counts),
        )
        for a in artifacts
    ]


def training(trained: Artifact) -> Training:
    """What training did."""
    return Training(
        steps=trained.counts["steps"], triplets=trained.counts["triplets"], seconds=trained.seconds
    )


def verdict_word(verdict: Verdict) -> str:
    """`approved` or `rejected`."""
    return "approved" if isinstance(verdict, Approved) else "rejected"


def _result(finding: Finding) -> SuiteResult:
    return SuiteResult(
        n=finding.after.n,
        before=_score(finding.before),
        after=_score(finding.after),
        passed=finding.passed,
        reason=finding.reason,
        floor=finding.floor,
        wins=finding.wins,
        losses=finding.losses,
        p_worse=finding.p_worse,
    )


def _score(accuracy: Accuracy) -> Score:
    low, high = wilson(round(accuracy.mean * 2 * accuracy.n), 2 * accuracy.n)
    return Score(
        forward=accuracy.forward, backward=accuracy.backward, mean=accuracy.mean, low=low, high=high
    )
