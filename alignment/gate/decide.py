"""From the outcomes of all languages and suites to a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alignment.config import Gate
from alignment.gate.evidence import FIRST, Earlier, Evidence, gather
from alignment.gate.outcomes import SuiteOutcomes
from alignment.gate.rules import apply_rules
from alignment.types import Approved, Finding, Rejected, RuleResult, Verdict


def decide(
    outcomes: Iterable[SuiteOutcomes],
    rules: Mapping[str, Gate],
    reference: str,
    earlier: Earlier = FIRST,
) -> Verdict:
    """Judge every language by its own rules: approved only if all of them pass.

    Args:
        outcomes: What was measured, by language and suite; the tests are one family.
        rules: The rules of every language. `alpha` is that of all languages together, the smallest
            one if they differ.
        reference: The reference's name in messages.
        earlier: Earlier candidates against the same reference on the same suites.

    Raises:
        DataError: if a suite has fewer pairs than its language's `min_queries`, or there is none.

    Examples:
        >>> from alignment.config import Gate
        >>> from alignment.gate import PairedOutcomes
        >>> better = PairedOutcomes(reference=[False] * 20 + [True] * 20, candidate=[True] * 40)
        >>> verdict = decide([SuiteOutcomes("cy", "tatoeba", better, better)], {"cy": Gate()}, "v1")
        >>> type(verdict).__name__
        'Approved'
        >>> verdict.findings[0].reason
        '50.0% -> 100.0%, floor 50%, 0 lost, 40 won'
    """
    evidence = gather(outcomes, rules, reference, earlier)
    findings = tuple(_finding(one) for one in evidence)
    verdict = Approved if all(finding.passed for finding in findings) else Rejected
    return verdict(findings, reference, evidence[0].trial)


def judge(outcomes: SuiteOutcomes, rules: Gate, reference: str) -> Finding:
    """Apply the rules to one language on one suite alone.

    Raises:
        DataError: if the suite has fewer pairs than `min_queries`.

    Examples:
        >>> from alignment.config import Gate
        >>> from alignment.gate import PairedOutcomes
        >>> worse = PairedOutcomes(reference=[True] * 40, candidate=[True] * 32 + [False] * 8)
        >>> finding = judge(SuiteOutcomes("cy", "tatoeba", worse, worse), Gate(), "v1")
        >>> finding.passed
        False
        >>> finding.reason
        'worse than v1 by more than 1 point: 100.0% -> 80.0%, 16 lost, 0 won (p = 0.0039 < 0.03)'
    """
    (evidence,) = gather([outcomes], {outcomes.language: rules}, reference)
    return _finding(evidence)


def _finding(evidence: Evidence) -> Finding:
    results = apply_rules(evidence)
    pool = evidence.pool.languages if evidence.pool is not None else []
    others = [language for language in pool if language != evidence.outcomes.language]
    return Finding(
        language=evidence.outcomes.language,
        suite=evidence.outcomes.suite,
        passed=all(result.passed for result in results),
        reason=_reason(evidence, results),
        before=evidence.before,
        after=evidence.after,
        floor=_accuracy_floor(evidence),
        wins=evidence.wins,
        losses=evidence.losses,
        p_worse=evidence.p_worse,
        p_adjusted=evidence.p_adjusted,
        power=evidence.power,
        pooled_with=tuple(others),
        rules=results,
        changes=evidence.changes,
        measures=evidence.outcomes.measures,
    )


def _accuracy_floor(evidence: Evidence) -> float:
    """The floor of the accuracy; 0 where another measure must reach one."""
    asked = evidence.floor
    return asked.floor if asked.metric == "accuracy" else 0.0


def _reason(evidence: Evidence, results: tuple[RuleResult, ...]) -> str:
    """Why it failed, or what was measured."""
    failed = [result.reason for result in results if not result.passed]
    if failed:
        return "; ".join(failed)
    floor = f"floor {evidence.floor.floor:.0%}"
    if evidence.floor.metric != "accuracy":
        floor = next(result.reason for result in results if result.name == "floor")
    return (
        f"{evidence.before.mean:.1%} -> {evidence.after.mean:.1%}, "
        f"{floor}, {evidence.losses} lost, {evidence.wins} won"
    )
