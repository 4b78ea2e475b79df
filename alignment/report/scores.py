"""The result of one language on one suite, as a part of `summary.json`."""

from __future__ import annotations

from pydantic import Field

from alignment.report.record import Record as _Record
from alignment.types import RuleName


class Score(_Record):
    """Accuracy@1 of one encoder, in [0, 1]."""

    forward: float = Field(description="pivot -> language")
    backward: float = Field(description="language -> pivot")
    mean: float = Field(description="mean of both directions")
    low: float = Field(description="95% Wilson interval of the mean, over all queries")
    high: float


class RuleOutcome(_Record):
    """One rule of the gate for one language on one suite."""

    name: RuleName
    passed: bool
    reason: str
    numbers: dict[str, float] = Field(default_factory=dict, description="what the rule compared")
    warning: bool = Field(False, description="passed, but worth knowing")


class Change(_Record):
    """How the accuracy of one language on one suite changed, tested without a margin."""

    low: float = Field(description="95% interval of after - before, in [-1, 1]; pairs are the unit")
    high: float
    p: float = Field(description="exact two-sided p-value of 'the two encoders are equally good'")
    p_adjusted: float = Field(
        description="after Holm's correction for all languages and suites of the run"
    )


class SuiteResult(_Record):
    """One language on one suite: before is the reference, after is the candidate."""

    n: int = Field(description="queries per direction")
    before: Score
    after: Score
    passed: bool
    reason: str
    floor: float
    wins: int = Field(description="queries that only the candidate got right")
    losses: int = Field(description="queries that only the reference got right")
    p_worse: float = Field(
        description="one-sided p-value for 'the candidate is worse by more than the margin'"
    )
    p_adjusted: float | None = Field(
        None, description="after Holm's correction for all tests of the run"
    )
    power: float | None = Field(
        None, description="probability that the test sees the drop that it must see"
    )
    pooled_with: list[str] = Field(
        default_factory=list, description="languages that were also tested together with this one"
    )
    rules: list[RuleOutcome] = Field(default_factory=list, description="of the gate")
    change: Change | None = Field(
        None, description="how sure the change is; null in runs of earlier releases"
    )
    digest: str = Field("", description="sha256 of the suite's pairs in this language")
    measures: dict[str, dict[str, float]] = Field(
        default_factory=dict,
        description="F1, xsim, MRR and the others of the candidate, by direction (forward, "
        "backward) and name; empty in runs of earlier releases",
    )

    def warnings(self) -> list[str]:
        """Reasons of rules that passed, which people should know."""
        return [rule.reason for rule in self.rules if rule.warning]

    def is_small(self) -> bool:
        """Whether it passed although the suite is too small."""
        return any(rule.warning for rule in self.rules if rule.name == "suite_size")
