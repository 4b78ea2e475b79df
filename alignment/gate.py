"""The gate: scores in, verdict out. Pure rules and statistics.

A language passes on a suite when its accuracy reaches the floor and the candidate is not worse than
the reference by a paired exact test on the same queries. The gate is monotone: turning a wrong
answer of the candidate into a right one never turns a pass into a refusal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from alignment.config import Gate
from alignment.errors import DataError
from alignment.types import Accuracy, Approved, Finding, Rejected, Verdict


class Paired(NamedTuple):
    """Right or wrong per query of one direction: the reference's and the candidate's, same order."""

    reference: list[bool]
    candidate: list[bool]


class Measured(NamedTuple):
    """One language on one suite, both directions."""

    language: str
    suite: str
    forward: Paired
    backward: Paired


def gate(measured: Iterable[Measured], rules: Mapping[str, Gate], reference: str) -> Verdict:
    """Judge every language by its own rules; `reference` names what the candidate is set against.

    Raises:
        DataError: if a suite has fewer queries than its language's `min_queries`.
    """
    findings = tuple(judge(one, rules[one.language], reference) for one in measured)
    return (
        Approved(findings, reference)
        if all(f.passed for f in findings)
        else Rejected(findings, reference)
    )


def judge(measured: Measured, rules: Gate, reference: str) -> Finding:
    """One language on one suite. Both directions' queries enter the paired test."""
    n = len(measured.forward.candidate)
    if n < rules.min_queries:
        raise DataError(
            f"the suite {measured.suite} has {n} pairs, the gate needs {rules.min_queries}",
            where=f"languages.{measured.language}",
            hint="Raise holdout.share, add text for the language, or lower gate.min_queries.",
        )
    wins, losses = discordant(measured.forward, measured.backward)
    before = Accuracy(share(measured.forward.reference), share(measured.backward.reference), n)
    after = Accuracy(share(measured.forward.candidate), share(measured.backward.candidate), n)
    p_worse = sign_test(wins, losses)
    if after.mean < rules.floor:
        reason = f"accuracy {after.mean:.1%} is below the floor {rules.floor:.1%}"
    elif p_worse < rules.alpha:
        reason = (
            f"worse than {reference}: {before.mean:.1%} -> {after.mean:.1%}, {losses} lost against {wins} won "
            f"(p = {p_worse:.2g} < {rules.alpha:g})"
        )
    else:
        reason = f"{before.mean:.1%} -> {after.mean:.1%}, floor {rules.floor:.0%}, {wins} won, {losses} lost"
    passed = after.mean >= rules.floor and p_worse >= rules.alpha
    return Finding(
        measured.language,
        measured.suite,
        passed,
        reason,
        before,
        after,
        rules.floor,
        wins,
        losses,
        p_worse,
    )


def discordant(*pairs: Paired) -> tuple[int, int]:
    """Queries that only the candidate got right, and that only the reference got right."""
    both = [(r, c) for pair in pairs for r, c in zip(pair.reference, pair.candidate, strict=True)]
    return sum(c and not r for r, c in both), sum(r and not c for r, c in both)


def share(outcomes: list[bool]) -> float:
    """Share of right answers; 0 of nothing."""
    return sum(outcomes) / len(outcomes) if outcomes else 0.0


def sign_test(wins: int, losses: int) -> float:
    """P(at least `losses` of the discordant queries | win and loss equally likely).

    The one-sided exact McNemar test (binomial with p = 1/2); small means "worse".
    """
    n = wins + losses
    tail = sum(math.comb(n, k) for k in range(losses, n + 1))
    return float(tail / 2**n)
