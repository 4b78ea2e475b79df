"""What the gate decides: a verdict, its findings by language and suite, and each rule's result.

`alignment.types` has all of these names as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from alignment.errors import ConfigError

RuleName = Literal[
    "finite",
    "distinct",
    "contamination",
    "floor",
    "not_worse",
    "proof",
    "gain",
    "suite_size",
    "mixed_pool",
    "hard_pool",
    "retrieval",
    "onnx",
    "onnx_int8",
]
"""The gate's rules, in the order in which their reasons are shown."""
FurtherRule = Literal["mixed_pool", "hard_pool", "retrieval"]
"""Rules on further measurements."""
ExportRule = Literal["onnx", "onnx_int8"]
"""Rules on the ONNX graphs of a version, each of which can be left out of it."""
EXPORT_RULES: tuple[ExportRule, ...] = ("onnx", "onnx_int8")
FURTHER_RULES: tuple[FurtherRule, ...] = ("mixed_pool", "hard_pool", "retrieval")
SuiteMeasures = Mapping[str, Mapping[str, float]]
"""What was measured on one suite: by direction, forward or backward, and by name, as
`alignment.retrieval.measures.Measures` calls it."""
NO_MEASURES: SuiteMeasures = {}


@dataclass(frozen=True)
class Accuracy:
    """Accuracy@1 of one encoder on one suite and language, each direction in [0, 1]."""

    forward: float
    """pivot -> language"""
    backward: float
    """language -> pivot"""
    n: int
    """Queries per direction."""

    @property
    def mean(self) -> float:
        """Mean of the two directions."""
        return (self.forward + self.backward) / 2


@dataclass(frozen=True)
class RuleResult:
    """What one rule of the gate says about one language on one suite."""

    name: RuleName
    passed: bool
    reason: str
    """In words, for people."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What the rule compared."""
    warning: bool = False
    """It passed, but people should know the reason."""


@dataclass(frozen=True)
class Finding:
    """The gate's result for one language on one suite."""

    language: str
    suite: str
    passed: bool
    reason: str
    before: Accuracy
    """Of the reference."""
    after: Accuracy
    """Of the candidate."""
    floor: float
    wins: int
    """Queries that only the candidate got right."""
    losses: int
    """Queries that only the reference got right."""
    p_worse: float
    """One-sided p-value of the paired exact test; a small value means the candidate is worse by
    more than the margin."""
    p_adjusted: float | None = None
    """The same after Holm's correction."""
    power: float | None = None
    """Probability that the test sees the drop that it must see, in [0, 1]."""
    pooled_with: tuple[str, ...] = ()
    """Languages that were also tested together with this one, because all are too small."""
    rules: tuple[RuleResult, ...] = ()
    """Every rule; empty in verdicts of earlier releases."""
    changes: tuple[int, int, int, int] | None = None
    """Pairs that lost both right answers, lost one, won one, won both; None in verdicts of earlier
    releases."""
    measures: SuiteMeasures = field(default_factory=dict)
    """F1, xsim, MRR and the others of the candidate; empty in verdicts of earlier releases."""

    def __post_init__(self) -> None:
        if self.rules and self.passed != all(rule.passed for rule in self.rules):
            raise ValueError("a finding passes if and only if all of its rules do")

    @property
    def warnings(self) -> list[str]:
        """Reasons of rules that passed, which people should know."""
        return [rule.reason for rule in self.rules if rule.warning]

    def refuses(self, export: ExportRule) -> bool:
        """Whether this graph must not be published, with the version or without it."""
        refused = (rule for rule in self.rules if rule.warning or not rule.passed)
        return any(rule.name == export for rule in refused)


@dataclass(frozen=True)
class Trial:
    """How the gate's tests were made: what they share."""

    alpha: float = 0.05
    """Probability of calling a model worse that is not, over all tests and attempts."""
    level: float = 0.05
    """The part of `alpha` that this attempt may spend."""
    attempt: int = 1
    """Candidates so far against this reference on these suites, this one included."""
    tests: int = 1
    """Tests that Holm's correction is for."""


@dataclass(frozen=True)
class Approved:
    """Every language passed. Only an approval can be published."""

    findings: tuple[Finding, ...]
    reference: str
    trial: Trial = Trial()

    def __post_init__(self) -> None:
        if not self.findings:
            raise ValueError("an approval needs at least one finding")
        if not all(finding.passed for finding in self.findings):
            raise ValueError("an approval needs every finding to have passed")


@dataclass(frozen=True)
class Rejected:
    """At least one language failed, so nothing is deployed."""

    findings: tuple[Finding, ...]
    reference: str
    trial: Trial = Trial()
    failed: tuple[Finding, ...] = field(init=False)

    def __post_init__(self) -> None:
        failed = tuple(finding for finding in self.findings if not finding.passed)
        if not failed:
            raise ValueError("a rejection needs a finding that did not pass")
        object.__setattr__(self, "failed", failed)


Verdict = Approved | Rejected


@dataclass(frozen=True)
class Override:
    """Who deploys a version that the gate did not approve, and why; both are recorded for ever.

    Raises:
        ConfigError: if one of them is empty.
    """

    reason: str
    by: str

    def __post_init__(self) -> None:
        _check_signature("an override", self.reason, self.by)


@dataclass(frozen=True)
class Decision:
    """Who decides about a version that the gate approved, and why; both are recorded for ever.

    Raises:
        ConfigError: if one of them is empty.
    """

    reason: str
    by: str

    def __post_init__(self) -> None:
        _check_signature("a decision", self.reason, self.by)


def _check_signature(what: str, reason: str, by: str) -> None:
    for option, value in (("--reason", reason), ("--by", by)):
        if not value.strip():
            raise ConfigError(
                f"{what} needs a reason and a name",
                where=option,
                hint='Write --reason "..." --by NAME.',
            )
