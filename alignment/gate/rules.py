"""The gate's rules: pure functions from the evidence of one language and suite to a result.

A rule that is not asked returns None. Every rule is monotone: turning a wrong answer of the
candidate into a right one never turns a pass into a failure. To add a rule, write a function, add
its name to `RuleName` and the function to `RULES`. The rules on further measurements are in
`gate.further`, those on ONNX graphs in `gate.exports`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alignment.config.gate import FloorMetric
from alignment.gate.evidence import Evidence
from alignment.gate.exports import export_result
from alignment.gate.further import further_result
from alignment.gate.statistics import wilson
from alignment.types import RuleResult

TIED = 0.5
"""Share of queries that cannot tell the translation from another text in a collapsed encoder."""

_MEASURES: Mapping[FloorMetric, str] = {
    "accuracy": "accuracy",
    "f1": "F1",
    "xsim": "xsim",
    "mrr": "MRR@10",
}


def finite(evidence: Evidence) -> RuleResult | None:
    """Every vector of the candidate is finite."""
    rows = evidence.outcomes.not_finite
    if not rows:
        return None
    reason = f"the vectors of {rows:,} of {evidence.n:,} pairs are NaN or infinite"
    return RuleResult("finite", False, reason, {"pairs": rows})


def distinct(evidence: Evidence) -> RuleResult | None:
    """The candidate tells texts apart; otherwise it has collapsed."""
    share = evidence.outcomes.tied / (2 * evidence.n)
    if share < TIED:
        return None
    reason = (
        f"the encoder has collapsed: for {share:.0%} of the queries another text is exactly as "
        "near as the translation"
    )
    return RuleResult("distinct", False, reason, {"tied": share})


def contamination(evidence: Evidence) -> RuleResult | None:
    """Nothing of the suite was trained on, or its accuracy would mean nothing."""
    leaked = evidence.outcomes.leaked
    if not leaked:
        return None
    noun = "sentence" if leaked == 1 else "sentences"
    reason = f"trained on {leaked:,} {noun} of the suite {evidence.outcomes.suite}"
    return RuleResult("contamination", False, reason, {"sentences": leaked})


def floor(evidence: Evidence) -> RuleResult:
    """The measure that is asked, or the lower end of its interval, reaches the floor."""
    asked = evidence.floor
    value = evidence.score(asked.metric)
    name = _MEASURES[asked.metric]
    numbers = {asked.metric: value, "floor": asked.floor}
    if asked.floor_on == "point":
        passed = value >= asked.floor
        reason = f"{name} {value:.1%}, floor {asked.floor:.0%}"
        if not passed:
            reason = f"{name} {value:.1%} is below the floor {asked.floor:.1%}"
        return RuleResult("floor", passed, reason, numbers)
    # As if the two directions of a pair were one query: they depend on each other. A mean of
    # scores in [0, 1] varies no more than a share of right answers, so the interval holds for all.
    low, _ = wilson(value * evidence.n, evidence.n)
    passed = low >= asked.floor
    reason = f"{name} {value:.1%}, at least {low:.1%}, floor {asked.floor:.0%}"
    if not passed:
        reason = (
            f"{name} {value:.1%} may be as low as {low:.1%} (95% interval), "
            f"below the floor {asked.floor:.1%}"
        )
    return RuleResult("floor", passed, reason, {**numbers, "low": low})


def not_worse(evidence: Evidence) -> RuleResult:
    """No test says that the candidate loses more than the margin."""
    asked, trial = evidence.asked, evidence.trial
    numbers = {
        "margin": asked.margin,
        "p": evidence.p_worse,
        "p_adjusted": evidence.p_adjusted,
        "level": trial.level,
    }
    name = "p" if trial.tests == 1 else "adjusted p"
    than = f"worse than {evidence.reference}{_by_more_than(asked.margin)}"
    if evidence.p_adjusted < trial.level:
        test = f"({name} = {evidence.p_adjusted:.2g} < {_level(evidence)})"
        reason = f"{than}: {_change(evidence)}, {_counts(evidence)} {test}"
        return RuleResult("not_worse", False, reason, numbers)
    pool = evidence.pool
    if pool is not None and pool.p_adjusted < trial.level:
        numbers["p_pooled"] = pool.p_adjusted
        test = f"({name} = {pool.p_adjusted:.2g} < {_level(evidence)})"
        reason = (
            f"{', '.join(pool.languages)} together are {than} {test}; "
            f"here {_change(evidence)}, {_counts(evidence)}"
        )
        return RuleResult("not_worse", False, reason, numbers)
    return RuleResult("not_worse", True, f"{_change(evidence)}, {_counts(evidence)}", numbers)


def proof(evidence: Evidence) -> RuleResult | None:
    """After a refusal, the candidate shows that it is not worse by margin + detect."""
    level = evidence.proof_level
    if level is None:
        return _holds(evidence) if evidence.must_hold else None
    asked = evidence.asked
    worst = asked.margin + asked.detect
    passed = evidence.p_as_bad < level
    numbers = {"drop": worst, "p": evidence.p_as_bad, "level": level}
    attempt = f"attempt {evidence.trial.attempt} against {evidence.reference}"
    comparison = f"p = {evidence.p_as_bad:.2g}"
    if passed:
        reason = f"shown to lose less than {_points(worst)} ({comparison}), {attempt}"
        return RuleResult("proof", True, reason, numbers)
    reason = (
        f"not shown to lose less than {_points(worst)}, which {attempt} must show: "
        f"{_change(evidence)}, {_counts(evidence)} ({comparison}, asked < {level:.2g})"
    )
    return RuleResult("proof", False, reason, numbers)


def _holds(evidence: Evidence) -> RuleResult:
    """After a refusal on a suite that is too small for a proof: no loss beyond the margin is seen.

    The test alone would call it worse only after a great loss, and an earlier model had one.
    """
    asked = evidence.asked
    loss = evidence.changes.net_losses / (2 * evidence.n)
    passed = evidence.changes.net_losses <= asked.margin * 2 * evidence.n
    reason = f"{_change(evidence)}, {_counts(evidence)}, within {_points(asked.margin)}"
    if not passed:
        reason = (
            f"lost more than {_points(asked.margin)}, after an earlier model was refused as worse: "
            f"{_change(evidence)}, {_counts(evidence)}"
        )
    return RuleResult("proof", passed, reason, {"loss": loss, "margin": asked.margin})


def gain(evidence: Evidence) -> RuleResult | None:
    """The candidate is shown to be better by more than `min_gain`."""
    asked = evidence.asked.min_gain
    if asked is None:
        return None
    passed = evidence.p_no_better < evidence.trial.level
    numbers = {"gain": asked, "p": evidence.p_no_better, "level": evidence.trial.level}
    verb = "shown" if passed else "not shown"
    operator = "<" if passed else "not <"
    reason = (
        f"{verb} to be better than {evidence.reference}{_by_more_than(asked)}: "
        f"{_change(evidence)}, {_counts(evidence)} "
        f"(p = {evidence.p_no_better:.2g}, {operator} {_level(evidence)})"
    )
    return RuleResult("gain", passed, reason, numbers)


def suite_size(evidence: Evidence) -> RuleResult:
    """The test could see the drop that it must see, on this suite or together with others."""
    asked = evidence.asked
    drop = _points(asked.margin + asked.detect)
    numbers = {
        "power": evidence.power,
        "asked": asked.power,
        "pairs": float(evidence.n),
        "drop": asked.margin + asked.detect,
    }
    if evidence.power >= asked.power:
        reason = f"{evidence.n:,} pairs show a drop of {drop} with probability {evidence.power:.0%}"
        return RuleResult("suite_size", True, reason, numbers)
    reason = (
        f"{evidence.n:,} pairs are too few to judge: they show a drop of {drop} with "
        f"probability {evidence.power:.0%}, asked {asked.power:.0%}"
    )
    pool = evidence.pool
    if pool is not None:
        numbers |= {"power_pooled": pool.power, "pairs_pooled": float(pool.design.pairs)}
        reason += (
            f"; tested together with {len(pool.languages) - 1} others, {pool.design.pairs:,} pairs "
            f"show it with {pool.power:.0%}"
        )
    passed = asked.underpowered != "refuse"
    return RuleResult("suite_size", passed, reason, numbers, warning=passed)


Rule = Callable[[Evidence], RuleResult | None]
RULES: tuple[Rule, ...] = (
    finite,
    distinct,
    contamination,
    floor,
    not_worse,
    proof,
    gain,
    suite_size,
)


def apply_rules(evidence: Evidence) -> tuple[RuleResult, ...]:
    """The results of all rules that are asked."""
    results = [rule(evidence) for rule in RULES]
    asked = [result for result in results if result is not None]
    further = [
        further_result(test, evidence.asked, evidence.reference, evidence.trial)
        for test in evidence.further
    ]
    exports = [
        export_result(outcome, evidence.after.mean, evidence.asked.onnx)
        for outcome in evidence.outcomes.exports
    ]
    return (*asked, *further, *exports)


def _change(evidence: Evidence) -> str:
    return f"{evidence.before.mean:.1%} -> {evidence.after.mean:.1%}"


def _counts(evidence: Evidence) -> str:
    return f"{evidence.losses:,} lost, {evidence.wins:,} won"


def _by_more_than(share: float) -> str:
    return f" by more than {_points(share)}" if share else ""


def _points(share: float) -> str:
    value = f"{100 * share:.3g}"
    return f"{value} point" if value == "1" else f"{value} points"


def _level(evidence: Evidence) -> str:
    return f"{evidence.trial.level:.2g}"
