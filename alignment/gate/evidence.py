"""What the rules see of one language on one suite: accuracies, tests, power, and what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alignment.config import Gate
from alignment.config.gate import FloorMetric, SuiteFloor
from alignment.errors import DataError
from alignment.gate.family import holm, spent
from alignment.gate.flips import p_as_bad, p_no_better, p_worse
from alignment.gate.further import FurtherTest, asked_of, further_test
from alignment.gate.outcomes import Changes, SuiteOutcomes, count_changes
from alignment.gate.power import (
    LIKELY,
    NOTHING,
    SURE,
    Design,
    design,
    pooled,
    power,
    power_of_scores,
    provable_level,
)
from alignment.gate.statistics import count_discordant
from alignment.types import Accuracy, RuleName, Trial

SuiteKey = tuple[str, str]
"""Language and suite."""


def further_key(language: str, suite: str, rule: RuleName) -> SuiteKey:
    """How a further measurement is called among refused suites; no suite's name has a colon."""
    return language, f"{suite}:{rule}"


@dataclass(frozen=True)
class Earlier:
    """Earlier candidates against the same reference on the same suites."""

    attempt: int = 1
    """Number of this candidate, from 1."""
    refused: frozenset[SuiteKey] = frozenset()
    """Languages and suites in which an earlier candidate was refused as worse."""


@dataclass
class Pool:
    """The suites of one name that are too small, tested together."""

    languages: list[str] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)
    design: Design = NOTHING
    p_adjusted: float = 1.0
    power: float = 0.0

    @property
    def p(self) -> float:
        """Of the test of all of them together."""
        return p_worse(self.changes, self.design.allowed)


FIRST = Earlier()
_DIGITS = 12
LAXEST = 0.25
"""Level above which a proof would say nothing, so that none is asked."""


@dataclass(frozen=True)
class Evidence:
    """One language on one suite, measured and tested."""

    outcomes: SuiteOutcomes
    asked: Gate
    reference: str
    """Its name in messages."""
    trial: Trial
    before: Accuracy
    after: Accuracy
    changes: Changes
    wins: int
    losses: int
    p_worse: float
    p_adjusted: float
    p_as_bad: float
    """Small if it is shown that the candidate loses less than margin + detect."""
    p_no_better: float
    """Small if it is shown that the candidate gains more than `min_gain`."""
    power: float
    """Of the test alone."""
    proof_level: float | None
    """Level at which it must show that it is not worse; None if it need not."""
    must_hold: bool
    """Whether no loss beyond the margin may be seen, because the suite is too small for a proof."""
    pool: Pool | None = None
    """The test of all suites that are too small, if this one is and they are pooled."""
    further: tuple[FurtherTest, ...] = ()
    """Of the measurements that something is asked of."""

    @property
    def n(self) -> int:
        """Pairs of the suite."""
        return self.outcomes.n

    @property
    def floor(self) -> SuiteFloor:
        """What the candidate must reach on this suite."""
        return self.asked.floor_of(self.outcomes.suite)

    def score(self, metric: FloorMetric) -> float:
        """The candidate's mean of both directions, in [0, 1].

        Raises:
            DataError: if it was not measured.
        """
        if metric == "accuracy":
            return self.after.mean
        name = "xsim_ratio" if metric == "xsim" else metric
        measures = self.outcomes.measures
        if not measures:
            raise DataError(
                f"gate.floors asks for {metric}, which was not measured on {self.outcomes.suite}",
                where=f"languages.{self.outcomes.language}",
                hint="Run again: `evaluate` measures it.",
            )
        mean = (measures["forward"][name] + measures["backward"][name]) / 2
        # 1 - 0.9 is a little less than 0.1, which a floor of 0.1 must not refuse.
        return round(1 - mean if metric == "xsim" else mean, _DIGITS)


def gather(
    outcomes: Iterable[SuiteOutcomes],
    rules: Mapping[str, Gate],
    reference: str,
    earlier: Earlier = FIRST,
) -> list[Evidence]:
    """Measure and test every language and suite; the tests are one family.

    Raises:
        DataError: if a suite has fewer pairs than its language's `min_queries`, or there is none.
    """
    drafts = [_draft(suite, rules[suite.language]) for suite in outcomes]
    if not drafts:
        raise DataError("there is nothing to judge: no language has a suite", where="languages")
    alpha = min(gate.alpha for gate in rules.values())
    sequential = all(gate.sequential for gate in rules.values())
    attempt = earlier.attempt if sequential else 1
    level = spent(alpha, attempt) if sequential else alpha
    if attempt > 1:
        for draft in drafts:
            draft.hold_further(earlier.refused)
    further = [test for draft in drafts for test in draft.further]
    strictest = level / (len(drafts) + len(further))  # Holm's first step
    for draft in drafts:
        draft.compute_powers(strictest)
    pools = _pools(drafts, strictest)
    tests: list[_Draft | Pool | FurtherTest] = [*drafts, *pools.values(), *further]
    for test, adjusted in zip(tests, holm([test.p for test in tests]), strict=True):
        test.p_adjusted = adjusted
    trial = Trial(alpha=alpha, level=level, attempt=attempt, tests=len(tests))
    evidence = []
    for draft in drafts:
        refused = attempt > 1 and draft.key in earlier.refused
        proof_level = _proof_level(draft, trial, refused=refused) if attempt > 1 else None
        must_hold = refused and proof_level is None
        pool = pools.get(draft.outcomes.suite)
        if pool is not None and draft.outcomes.language not in pool.languages:
            pool = None
        one = _evidence(draft, pool, reference, trial, strictest, proof_level, must_hold=must_hold)
        evidence.append(one)
    return evidence


@dataclass
class _Draft:
    """One language on one suite, before the tests of all of them are corrected."""

    outcomes: SuiteOutcomes
    asked: Gate
    before: Accuracy
    after: Accuracy
    changes: Changes
    further: list[FurtherTest]
    p_adjusted: float = 1.0

    @property
    def p(self) -> float:
        return p_worse(self.changes, self.design.allowed)

    def hold_further(self, refused: frozenset[SuiteKey]) -> None:
        """An earlier candidate was refused: this one may not be seen to lose as much."""
        for test in self.further:
            rule = test.outcomes.rule
            test.must_hold = further_key(*self.key, rule) in refused

    def compute_powers(self, level: float) -> None:
        """How likely each further measurement shows the drop that it must show."""
        detect = self.asked.detect
        for test in self.further:
            margin = test.asked.margin
            test.power = power_of_scores(test.queries, test.before, margin, detect, level)

    @property
    def key(self) -> SuiteKey:
        return self.outcomes.language, self.outcomes.suite

    @property
    def design(self) -> Design:
        """What the suite can show, whatever the candidate answers."""
        return design(self.outcomes.n, self.before.mean, self.asked.margin, self.asked.detect)


def check_suite_size(language: str, suite: str, n: int, asked: Gate) -> None:
    """Refuse a suite of `n` pairs that is too small to decide by.

    Raises:
        DataError: if it has fewer than `gate.min_queries`.
    """
    if n < asked.min_queries:
        raise DataError(
            f"the suite {suite} has {n} pairs, but the gate needs {asked.min_queries}",
            where=f"languages.{language}",
            hint="Raise holdout.share, add text for the language, or lower gate.min_queries.",
        )


def _draft(outcomes: SuiteOutcomes, asked: Gate) -> _Draft:
    check_suite_size(outcomes.language, outcomes.suite, outcomes.n, asked)
    before = _accuracy(outcomes.forward.reference, outcomes.backward.reference)
    after = _accuracy(outcomes.forward.candidate, outcomes.backward.candidate)
    further = []
    for measured in outcomes.further:
        rule = asked_of(asked, measured.rule)
        if rule is not None:
            further.append(further_test(measured, rule))
    return _Draft(outcomes, asked, before, after, count_changes(outcomes), further)


def _pools(drafts: Sequence[_Draft], strictest: float) -> dict[str, Pool]:
    """By suite, the languages that are too small and configured so, if there are several."""
    pools: dict[str, Pool] = {}
    for draft in drafts:
        if (
            draft.asked.underpowered == "pool"
            and power(draft.design, strictest) < draft.asked.power
        ):
            pool = pools.setdefault(draft.outcomes.suite, Pool())
            pool.languages.append(draft.outcomes.language)
            pool.changes += draft.changes
            pool.design = pooled(pool.design, draft.design)
    several = {suite: pool for suite, pool in pools.items() if len(pool.languages) > 1}
    for pool in several.values():
        pool.power = power(pool.design, strictest)
    return several


def _proof_level(draft: _Draft, trial: Trial, *, refused: bool) -> float | None:
    """At which level a later attempt must show that it is not worse; None if it need not.

    The attempt's level, unless the suite is so small that an equally good model would fail. A
    language that was never refused must clear it easily: it is asked because the test that calls
    it worse has less and less of alpha, and a model that is worse in another language each night
    would soon pass.
    """
    clear_by = LIKELY if refused else SURE
    level = max(trial.level, provable_level(draft.design, clear_by))
    return level if level <= LAXEST else None


def _evidence(
    draft: _Draft,
    pool: Pool | None,
    reference: str,
    trial: Trial,
    strictest: float,
    proof_level: float | None,
    *,
    must_hold: bool,
) -> Evidence:
    changes, asked, outcomes = draft.changes, draft.asked, draft.outcomes
    planned = draft.design
    seen = 2 * changes.lost_squares  # as if equally good models had won as much
    wins, losses = count_discordant(
        [*outcomes.forward.reference, *outcomes.backward.reference],
        [*outcomes.forward.candidate, *outcomes.backward.candidate],
    )
    return Evidence(
        outcomes=outcomes,
        asked=asked,
        reference=reference,
        trial=trial,
        before=draft.before,
        after=draft.after,
        changes=changes,
        wins=wins,
        losses=losses,
        p_worse=p_worse(changes, planned.allowed),
        p_adjusted=draft.p_adjusted,
        p_as_bad=p_as_bad(changes, planned.drop, outcomes.n),
        p_no_better=p_no_better(changes, (asked.min_gain or 0.0) * 2 * outcomes.n),
        power=power(planned._replace(churn=max(planned.churn, seen)), strictest),
        proof_level=proof_level,
        must_hold=must_hold,
        pool=pool,
        further=tuple(draft.further),
    )


def _accuracy(forward: Sequence[bool], backward: Sequence[bool]) -> Accuracy:
    return Accuracy(_share(forward), _share(backward), len(forward))


def _share(outcomes: Sequence[bool]) -> float:
    """Share of right answers; 0 of no queries."""
    return float(sum(outcomes) / len(outcomes)) if len(outcomes) else 0.0
