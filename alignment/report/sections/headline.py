"""The first screen: the verdict, what it means, what to do, and what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alignment.report.accuracy import percent, too_small_lines
from alignment.report.sections.changes import (
    DIRECTIONS,
    ChangeGroup,
    Direction,
    LanguageChange,
    groups,
    language_changes,
    points,
    with_bars,
)
from alignment.report.sections.onnx import left_out
from alignment.report.summary import LanguageResult, RuleOutcome, Summary
from alignment.report.words import named

ROWS = 8
"""Languages of each list on the first screen."""
STOPS = 5
"""Reasons of a rejection that are shown without opening anything."""
ADVICE: Mapping[str, str] = {
    "finite": "the training diverged. Lower train.learning_rate and run again.",
    "distinct": "the encoder collapsed: it gives many texts the same vector. Lower "
    "train.learning_rate, and check the negatives below.",
    "contamination": "the training text has sentences of the suite, so this accuracy says nothing. "
    "Remove them from the corpus, or take another suite.",
    "floor": "add text for these languages or train longer. If the accuracy is enough for your "
    "purpose, lower gate.floor for them.",
    "not_worse": "read the confusions below. More text, a lower train.learning_rate or fewer "
    "train.steps lose less of what the encoder knew.",
    "proof": "an earlier candidate was refused, so this one must show that it is not worse. A "
    "larger suite makes that easier.",
    "gain": "add text or train longer, or ask for less (gate.min_gain).",
    "suite_size": "hold out more pairs (holdout.share) or add a suite.",
    "mixed_pool": "see the section on the mixed pool: other languages' texts, or wrong ones in the "
    "query's language, come before the translation.",
    "hard_pool": "see the section on the hard pool: altered copies of the translation come before "
    "it. Edited negatives (triplets.shares.edited) train on such copies.",
    "retrieval": "see the section on documents. Text like these queries and documents helps most.",
    "onnx": "see the section on ONNX. Publish without it (publish.onnx), or let the gate refuse "
    "the file alone (gate.onnx.refuses: file).",
    "onnx_int8": "see the section on ONNX. Publish the float32 graph alone (publish.onnx: true), "
    "allow a larger loss (gate.onnx.margin), or refuse the file alone (gate.onnx.refuses: file).",
}
"""What to do about each rule that failed."""


@dataclass(frozen=True)
class Stop:
    """One language on one suite that the gate refused."""

    code: str
    name: str
    suite: str
    reason: str


@dataclass(frozen=True)
class Tile:
    """A number with its meaning."""

    value: str
    label: str


@dataclass(frozen=True)
class ShortGroup:
    """The start of a group of changes."""

    group: ChangeGroup
    shown: Sequence[LanguageChange]
    more: int


@dataclass(frozen=True)
class Headline:
    """The first screen."""

    compared: str
    """What was compared with what."""
    approved: bool
    word: str
    deployed: str
    meaning: Sequence[str]
    stops: Sequence[Stop]
    advice: Sequence[str]
    warnings: Sequence[str]
    overrides: Sequence[str]
    tiles: Sequence[Tile]
    groups: Sequence[ShortGroup]
    several_suites: bool


def headline(summary: Summary) -> Headline:
    """The verdict in sentences that need no statistics, with the lists of what changed."""
    suites = summary.suites()
    changes = [change for suite in suites for change in language_changes(summary, suite)]
    approved = summary.verdict == "approved"
    return Headline(
        compared=_compared(summary),
        approved=approved,
        word=summary.verdict.capitalize(),
        deployed=_deployed(summary),
        meaning=[*_means(summary), _counts(changes)],
        stops=_stops(summary),
        advice=_advice(summary) if not approved else [_nothing_to_do(summary)],
        warnings=_warnings(summary),
        overrides=summary.overrides,
        tiles=_tiles(summary),
        groups=[_short(group) for group in groups(with_bars(changes))],
        several_suites=len(suites) > 1,
    )


def _warnings(summary: Summary) -> list[str]:
    """What people should know although everything passed."""
    return [*too_small_lines(summary), *left_out(summary)]


def _compared(summary: Summary) -> str:
    what = f"{summary.version or 'A new encoder'} compared with {summary.reference}"
    for _, _, result in summary.failures():
        if any(_is_leak(rule) for rule in result.rules):
            return f"{what} on the same sentences. It was trained on some of them, see below."
    return f"{what} on the same sentences, none of which it was trained on."


def _is_leak(rule: RuleOutcome) -> bool:
    """Whether the encoder was trained on what the rule measures."""
    if rule.name == "contamination":
        return not rule.passed
    return rule.numbers.get("leaked", 0) > 0


def _deployed(summary: Summary) -> str:
    if summary.verdict == "rejected":
        failures = len(summary.failures())
        total = sum(len(language.suites) for language in summary.languages.values())
        stays = f" Version {summary.champion} stays deployed." if summary.champion else ""
        return f"{failures} of {total} checks failed, so nothing was deployed.{stays}"
    passed = "Every language passed the gate."
    if not summary.version:
        return passed
    if summary.version == summary.champion:
        return f"{passed} Version {summary.version} is deployed."
    if summary.waiting:
        return f"{passed} Version {summary.version} waits for somebody to approve it."
    return (
        f"{passed} Version {summary.version} is published but not deployed: it was rolled back "
        "earlier, or `deploy` is false."
    )


def _means(summary: Summary) -> list[str]:
    """How often the right translation comes first, by suite."""
    sentences = []
    trained = [language for language in summary.languages.values() if language.trained]
    for suite, mean in summary.mean.items():
        number = sum(suite in language.suites for language in trained)
        who = "the trained language" if number == 1 else f"the {number} trained languages"
        sentences.append(
            f"The new encoder finds the right translation first in {percent(mean.after)} of 100 "
            f"searches, {summary.reference} in {percent(mean.before)}. "
            f"That is {_more(mean.after - mean.before)}{_interval(trained, suite)}, "
            f"as the mean of {who} on the suite {suite}."
        )
    return sentences


def _more(change: float) -> str:
    text = points(change)
    if text == "0.0":
        return "no difference"
    return f"{text[1:]} points {'more' if change > 0 else 'fewer'}"


def _interval(languages: Sequence[LanguageResult], suite: str) -> str:
    """The 95% interval of the mean change, with the suites of the languages as independent."""
    results = [language.suites[suite] for language in languages if suite in language.suites]
    tested = [result.change for result in results if result.change is not None]
    if not tested or len(tested) < len(results):
        return ""
    center = sum(result.after.mean - result.before.mean for result in results) / len(results)
    half = sum(((change.high - change.low) / 2) ** 2 for change in tested) ** 0.5 / len(tested)
    return f" ({points(center - half)} to {points(center + half)}, 95% interval)"


def _counts(changes: Sequence[LanguageChange]) -> str:
    """In how many languages something got better or worse; a loss on any suite counts as worse."""
    by_language: dict[str, Direction] = {}
    for direction in reversed(DIRECTIONS):
        for change in changes:
            if change.direction == direction:
                by_language[change.code] = direction
    directions = list(by_language.values())
    better, worse, same = (directions.count(each) for each in ("better", "worse", "same"))
    return f"{_languages(better)} better, {worse} worse, {same} without a clear change."


def _languages(count: int) -> str:
    return f"{count} language is" if count == 1 else f"{count} languages are"


def _stops(summary: Summary) -> list[Stop]:
    stops = []
    for code, language in summary.languages.items():
        for suite, result in language.suites.items():
            if not result.passed:
                stops.append(Stop(code, language.name, suite, result.reason))
    return stops


def _advice(summary: Summary) -> list[str]:
    """What to do about each rule that failed, with its languages."""
    languages: dict[str, dict[str, None]] = {}
    for language in summary.languages.values():
        for result in language.suites.values():
            for rule in result.rules:
                if not rule.passed:
                    languages.setdefault(rule.name, {})[language.name] = None
    advice = []
    for rule_name, names in languages.items():
        sentence = ADVICE.get(rule_name, "see the reason above.")
        advice.append(f"{named(list(names))}: {sentence}")
    advice.append(
        "`alignment gate replay --set gate.margin=0.02` shows what other rules would decide."
    )
    return advice


def _nothing_to_do(summary: Summary) -> str:
    if summary.waiting:
        command = f"alignment registry promote {summary.name} {summary.version}"
        return f'To deploy it, say who and why: `{command} --by NAME --reason "..."`.'
    if summary.version and summary.version != summary.champion:
        return f"To deploy it: `alignment registry promote {summary.name} {summary.version}`."
    if summary.version and _replaced(summary):
        back = f"`alignment rollback {summary.name}` goes back to {summary.reference}."
        return f"Nothing: it is in use. {back}"
    return "Nothing: it is in use." if summary.version else "Nothing."


def _replaced(summary: Summary) -> bool:
    """Whether the new version took the place of another one."""
    return any(
        move.version == summary.version and move.previous is not None for move in summary.history
    )


def _tiles(summary: Summary) -> list[Tile]:
    tiles = []
    for suite, mean in summary.mean.items():
        value = f"{percent(mean.before)} → {percent(mean.after)}%"
        tiles.append(Tile(value, f"mean accuracy, suite {suite}"))
    return tiles


def _short(group: ChangeGroup) -> ShortGroup:
    shown = group.changes[:ROWS]
    return ShortGroup(group, shown, len(group.changes) - len(shown))
