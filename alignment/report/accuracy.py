"""The accuracy of every language and suite as text, for tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alignment.report.summary import LanguageResult, SuiteResult, Summary
from alignment.report.words import named


class PublishedMeasures(NamedTuple):
    """The measures that other people publish, from the language to the pivot, as text.

    In percent, but for `hubness`.
    """

    f1: str
    """MTEB's weighted F1."""
    xsim: str
    """Error by ratio margin."""
    mrr: str
    hubness: str


class AccuracyRow(NamedTuple):
    """One language on one suite; accuracies in percent."""

    language: str
    control: bool
    """Measured, but not trained."""
    pairs: str
    before: str
    after: str
    interval: str
    """95% interval of `after`."""
    from_pivot: str
    to_pivot: str
    published: PublishedMeasures | None
    """None in runs of earlier releases."""
    discordant: str
    """Queries won / queries lost."""
    p_worse: str
    p_adjusted: str
    """After Holm's correction; empty in runs of earlier releases."""
    power: str
    """In percent, likewise."""
    passed: bool
    failed_rules: str
    """Names of the rules that refuse it."""
    small: bool
    """It passed although the suite is too small."""
    warnings: tuple[str, ...]
    """What passed but is worth knowing."""
    reason: str


def accuracy_rows(summary: Summary, suite: str) -> list[AccuracyRow]:
    """One row for each language that the suite has."""
    return [
        accuracy_row(language, language.suites[suite])
        for language in summary.languages.values()
        if suite in language.suites
    ]


def too_small_lines(summary: Summary) -> list[str]:
    """What people should know of tests that could not see much although they passed."""
    lines = [small_suite_line(*entry) for entry in summary.small_suites().items()]
    for rule, names in summary.small_further().items():
        lines.append(
            f"the {rule.replace('_', ' ')} test has too few queries in {named(names)} to show the "
            "drop of gate.detect, so a pass says little there."
        )
    return lines


def small_suite_line(suite: str, small: Mapping[str, SuiteResult]) -> str:
    """What people should know of a suite that is too small in these languages, by name."""
    line = f"{suite} has too few pairs in {named(list(small))} to show the drop of gate.detect"
    pooled = [result for result in small.values() if result.pooled_with]
    if not pooled:
        return f"{line}, so a pass says little there."
    sizes = [rule.numbers for rule in pooled[0].rules if rule.name == "suite_size"]
    power = sizes[0]["power_pooled"] if sizes else 0.0
    return f"{line} in each. Tested together, they show it with probability {power:.0%}."


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with one decimal, without the sign."""
    return f"{100 * share:.1f}"


def accuracy_row(language: LanguageResult, result: SuiteResult) -> AccuracyRow:
    """One language on one suite, as text."""
    after = result.after
    return AccuracyRow(
        language=language.name,
        control=not language.trained,
        pairs=f"{result.n:,}",
        before=percent(result.before.mean),
        after=percent(after.mean),
        interval=f"{percent(after.low)} – {percent(after.high)}",
        from_pivot=percent(after.forward),
        to_pivot=percent(after.backward),
        published=_published(result),
        discordant=f"{result.wins} / {result.losses}",
        p_worse=f"{result.p_worse:.2g}",
        p_adjusted="" if result.p_adjusted is None else f"{result.p_adjusted:.2g}",
        power="" if result.power is None else f"{result.power:.0%}",
        passed=result.passed,
        failed_rules=", ".join(
            rule.name.replace("_", " ") for rule in result.rules if not rule.passed
        ),
        small=result.passed and result.is_small(),
        warnings=tuple(result.warnings()),
        reason=result.reason,
    )


def _published(result: SuiteResult) -> PublishedMeasures | None:
    measures = result.measures.get("backward")
    if measures is None:
        return None
    return PublishedMeasures(
        f1=percent(measures["f1"]),
        xsim=percent(measures["xsim_ratio"]),
        mrr=percent(measures["mrr"]),
        hubness=f"{measures['hubness']:.1f}",
    )
