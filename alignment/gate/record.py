"""A verdict as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from alignment.gate.outcomes import Changes
from alignment.types import Accuracy, Approved, Finding, Rejected, RuleResult, Trial, Verdict


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """Every rule with its numbers, by language and suite, and the decision."""
    return {
        "approved": isinstance(verdict, Approved),
        "reference": verdict.reference,
        "trial": asdict(verdict.trial),
        "findings": [asdict(finding) for finding in verdict.findings],
    }


def verdict_from_json(content: Mapping[str, Any]) -> Verdict:
    """What `verdict_to_json` wrote, in this release or an earlier one."""
    findings = tuple(_finding(dict(entry)) for entry in content["findings"])
    verdict = Approved if content["approved"] else Rejected
    return verdict(findings, content["reference"], Trial(**content.get("trial", {})))


def _finding(entry: dict[str, Any]) -> Finding:
    before = Accuracy(**entry.pop("before"))
    after = Accuracy(**entry.pop("after"))
    rules = tuple(RuleResult(**rule) for rule in entry.pop("rules", ()))
    pooled_with = tuple(entry.pop("pooled_with", ()))
    changes = entry.pop("changes", None)
    return Finding(
        before=before,
        after=after,
        rules=rules,
        pooled_with=pooled_with,
        changes=None if changes is None else Changes(*changes),
        **entry,
    )
