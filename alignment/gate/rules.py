"""The gate's rules: which outcomes pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from alignment.config import Gate
from alignment.errors import DataError
from alignment.gate.statistics import count_discordant, sign_test
from alignment.types import Accuracy, Approved, Finding, Rejected, Verdict


class PairedOutcomes(NamedTuple):
    """Right or wrong per query of one direction, of both encoders in the same order."""

    reference: Sequence[bool]
    candidate: Sequence[bool]


class SuiteOutcomes(NamedTuple):
    """The outcomes of one language on one suite, in both directions."""

    language: str
    suite: str
    forward: PairedOutcomes
    """Queries in the pivot language."""
    backward: PairedOutcomes
    """Queries in the other language."""


def decide(outcomes: Iterable[SuiteOutcomes], rules: Mapping[str, Gate], reference: str) -> Verdict:
    """Judge every language by its own rules: approved only if all of them pass.

    `rules` has an entry for every language; `reference` is the reference's name in messages.

    Raises:
        DataError: if a suite has fewer pairs than its language's `min_queries`.

    Examples:
        >>> from alignment.config import Gate
        >>> better = PairedOutcomes(reference=[False] * 20 + [True] * 20, candidate=[True] * 40)
        >>> verdict = decide([SuiteOutcomes("cy", "tatoeba", better, better)], {"cy": Gate()}, "v1")
        >>> type(verdict).__name__
        'Approved'
        >>> verdict.findings[0].reason
        '50.0% -> 100.0%, floor 50%, 40 won, 0 lost'
    """
    findings = tuple(judge(suite, rules[suite.language], reference) for suite in outcomes)
    if all(finding.passed for finding in findings):
        return Approved(findings, reference)
    return Rejected(findings, reference)


def judge(outcomes: SuiteOutcomes, rules: Gate, reference: str) -> Finding:
    """Apply the rules to one language on one suite.

    The accuracy is the mean of both directions. The paired test takes the queries of both.

    Raises:
        DataError: if the suite has fewer pairs than `min_queries`.

    Examples:
        >>> from alignment.config import Gate
        >>> worse = PairedOutcomes(reference=[True] * 40, candidate=[True] * 32 + [False] * 8)
        >>> finding = judge(SuiteOutcomes("cy", "tatoeba", worse, worse), Gate(), "v1")
        >>> finding.passed
        False
        >>> finding.reason
        'worse than v1: 100.0% -> 80.0%, 16 lost against 0 won (p = 1.5e-05 < 0.05)'
    """
    n = len(outcomes.forward.candidate)
    if n < rules.min_queries:
        raise DataError(
            f"the suite {outcomes.suite} has {n} pairs, but the gate needs {rules.min_queries}",
            where=f"languages.{outcomes.language}",
            hint="Raise holdout.share, add text for the language, or lower gate.min_queries.",
        )
    before = _accuracy(outcomes.forward.reference, outcomes.backward.reference)
    after = _accuracy(outcomes.forward.candidate, outcomes.backward.candidate)
    wins, losses = count_discordant(
        [*outcomes.forward.reference, *outcomes.backward.reference],
        [*outcomes.forward.candidate, *outcomes.backward.candidate],
    )
    p_worse = sign_test(wins, losses)
    change = f"{before.mean:.1%} -> {after.mean:.1%}"
    passed = False
    if after.mean < rules.floor:
        reason = f"accuracy {after.mean:.1%} is below the floor {rules.floor:.1%}"
    elif p_worse < rules.alpha:
        reason = (
            f"worse than {reference}: {change}, {losses} lost against {wins} won "
            f"(p = {p_worse:.2g} < {rules.alpha:g})"
        )
    else:
        passed = True
        reason = f"{change}, floor {rules.floor:.0%}, {wins} won, {losses} lost"
    return Finding(
        language=outcomes.language,
        suite=outcomes.suite,
        passed=passed,
        reason=reason,
        before=before,
        after=after,
        floor=rules.floor,
        wins=wins,
        losses=losses,
        p_worse=p_worse,
    )


def _accuracy(forward: Sequence[bool], backward: Sequence[bool]) -> Accuracy:
    return Accuracy(_share(forward), _share(backward), len(forward))


def _share(outcomes: Sequence[bool]) -> float:
    """Share of right answers; 0 of no queries."""
    return float(sum(outcomes) / len(outcomes)) if len(outcomes) else 0.0
