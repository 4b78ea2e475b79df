"""The negatives: how hard they are, shortcuts, what the guards refused, and examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from alignment.report import charts
from alignment.report.sections.confusions import shortened
from alignment.report.summary import Summary

HARDNESS = ("easy", "semi-hard", "hard")


@dataclass(frozen=True)
class Example:
    """One triplet of the sample."""

    anchor: str
    positive: str
    negative: str
    chrf: str


@dataclass(frozen=True)
class StrategyRow:
    """The triplets whose negative one strategy mined."""

    name: str
    count: int
    measured: bool
    bar: Markup | None
    hardness: str
    """`easy 20%, semi-hard 30%, hard 50%`, or empty."""
    positive: str
    """Mean cosine of anchor and translation."""
    negative: str
    by_language: str
    by_length: str
    examples: Sequence[Example]


@dataclass(frozen=True)
class GuardRow:
    """What the guards did in one language."""

    name: str
    counts: Sequence[int]


@dataclass(frozen=True)
class Mining:
    """The negatives of one mining."""

    step: int
    """The step after which they are trained on; 0 is the start."""
    encoder: str
    margin: float
    measured: bool
    strategies: Sequence[StrategyRow]
    guards: Sequence[GuardRow]


GUARDS = ("considered", "same_meaning", "near_duplicate", "too_close", "fallback", "unfilled")
"""The counts of a `GuardRow`, in their order."""


def negatives_section(summary: Summary, audits: Mapping[int, Mapping[str, Any]]) -> list[Mining]:
    """One entry for each mining; `audits` are `audit.json` by step."""
    return [_mining(summary, step, audit) for step, audit in audits.items()]


def _mining(summary: Summary, step: int, audit: Mapping[str, Any]) -> Mining:
    strategies = [_strategy(name, entry) for name, entry in audit["strategies"].items()]
    guards = []
    for code, counts in audit["languages"].items():
        name = summary.languages[code].name if code in summary.languages else code
        guards.append(GuardRow(name, [counts[guard] for guard in GUARDS]))
    return Mining(
        step=step,
        encoder="the encoder of that moment" if step else "the base encoder",
        margin=audit["margin"],
        measured=any(strategy.measured for strategy in strategies),
        strategies=strategies,
        guards=sorted(guards, key=lambda row: row.name.casefold()),
    )


def _strategy(name: str, entry: Mapping[str, Any]) -> StrategyRow:
    measured = entry["measured"]
    bar = None
    hardness = positive = negative = ""
    if measured:
        shares = [(kind, entry[kind] / measured) for kind in HARDNESS]
        bar = charts.shares_bar(shares)
        hardness = ", ".join(f"{kind} {share:.0%}" for kind, share in shares)
        positive = f"{entry['positive_similarity']:.2f}"
        negative = f"{entry['negative_similarity']:.2f}"
    return StrategyRow(
        name=name,
        count=entry["count"],
        measured=bool(measured),
        bar=bar,
        hardness=hardness,
        positive=positive,
        negative=negative,
        by_language=f"{entry['by_language']:.0%}",
        by_length=f"{entry['by_length']:.0%}",
        examples=[_example(example) for example in entry["examples"]],
    )


def _example(entry: Mapping[str, Any]) -> Example:
    return Example(
        anchor=shortened(entry["anchor"]),
        positive=shortened(entry["positive"]),
        negative=shortened(entry["negative"]),
        chrf=f"{entry['chrf']:.0f}",
    )
