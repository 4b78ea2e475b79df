"""The findings of a verdict as the plain values of a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from alignment import languages
from alignment.gate import Changes, change_interval, holm, p_no_better, p_worse, wilson
from alignment.layout import suite_file
from alignment.report.summary import (
    Change,
    LanguageResult,
    Mean,
    RuleOutcome,
    Score,
    SuiteResult,
    TrialRecord,
)
from alignment.types import Accuracy, Finding, Verdict

NO_DIGESTS: Mapping[str, str] = {}


def language_results(
    verdict: Verdict, trained: Sequence[str], digests: Mapping[str, str] = NO_DIGESTS
) -> dict[str, LanguageResult]:
    """The findings by language and suite.

    `digests` are those of the files of `holdout`, which has the suites.
    """
    suites: dict[str, dict[str, SuiteResult]] = {}
    for finding, change in zip(verdict.findings, _changes(verdict.findings), strict=True):
        digest = digests.get(suite_file(finding.suite, finding.language), "")
        result = _suite_result(finding, change, digest)
        suites.setdefault(finding.language, {})[finding.suite] = result
    return {
        code: LanguageResult(name=languages.name(code), trained=code in trained, suites=results)
        for code, results in suites.items()
    }


def trial_record(verdict: Verdict) -> TrialRecord:
    """What the tests of a verdict share."""
    return TrialRecord.model_validate(asdict(verdict.trial))


def means(results: Mapping[str, LanguageResult]) -> dict[str, Mean]:
    """By suite, the mean over the trained languages that have it."""
    scores: dict[str, list[SuiteResult]] = {}
    for result in results.values():
        if result.trained:
            for suite, score in result.suites.items():
                scores.setdefault(suite, []).append(score)
    mean_by_suite = {}
    for suite, of_suite in scores.items():
        before = sum(score.before.mean for score in of_suite) / len(of_suite)
        after = sum(score.after.mean for score in of_suite) / len(of_suite)
        mean_by_suite[suite] = Mean(before=before, after=after)
    return mean_by_suite


def _changes(findings: Sequence[Finding]) -> list[Change | None]:
    """How sure each change is; the tests of all findings are one family."""
    p_values = [_two_sided(finding) for finding in findings]
    adjusted = holm(p_values)
    changes: list[Change | None] = []
    for finding, p, p_adjusted in zip(findings, p_values, adjusted, strict=True):
        if finding.changes is None:
            changes.append(None)
            continue
        low, high = change_interval(Changes(*finding.changes), finding.after.n)
        changes.append(Change(low=low, high=high, p=p, p_adjusted=p_adjusted))
    return changes


def _two_sided(finding: Finding) -> float:
    """Twice the smaller of the two exact p-values; 1 without the counts of an earlier release."""
    if finding.changes is None:
        return 1.0
    changes = Changes(*finding.changes)
    return min(1.0, 2 * min(p_worse(changes, 0), p_no_better(changes, 0)))


def _suite_result(finding: Finding, change: Change | None, digest: str) -> SuiteResult:
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
        p_adjusted=finding.p_adjusted,
        power=finding.power,
        pooled_with=list(finding.pooled_with),
        rules=[RuleOutcome.model_validate(asdict(rule)) for rule in finding.rules],
        change=change,
        digest=digest,
        measures={direction: dict(values) for direction, values in finding.measures.items()},
    )


def _score(accuracy: Accuracy) -> Score:
    queries = 2 * accuracy.n
    low, high = wilson(round(accuracy.mean * queries), queries)
    return Score(
        forward=accuracy.forward,
        backward=accuracy.backward,
        mean=accuracy.mean,
        low=low,
        high=high,
    )
