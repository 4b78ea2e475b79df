"""How often the gate errs: equal models that it refuses, and worse ones that it lets through.

    python -m benchmarks.gate_study

Simulates 2,000 pairs of models over 40 languages (see `gate_models`), for one decision and for 30
nightly attempts against one deployed model. It applies the tests of `alignment.gate`, vectorized,
and first compares them with the gate itself. Prints a table, and one line of JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

import numpy as np
from rich.console import Console
from rich.table import Table

from alignment.gate import Changes, holm, p_as_bad, p_worse, spent
from alignment.gate.power import design, power
from benchmarks.gate_judges import (
    GATE,
    DefaultGate,
    Judge,
    as_bad,
    by_pair_with_holm,
    by_query_with_holm,
    holm_refused,
    old_gate,
    worse,
)
from benchmarks.gate_models import Floats, Ints, Suites, language

SERIES = 2000
LANGUAGES = 40
PAIRS = 1000
MIXED = (100, 200, 300, 500, 1000)
"""Pairs of the suites in the scenario with small ones, repeated over the languages."""
NIGHTS = 30
BEYOND = 0.03
"""Loss beyond the margin of a model that must be refused."""
SEED = 20
TITLES = {
    "false_refusals": "equal models, refused",
    "false_refusals_small": "the same, 100 to 1,000 pairs",
    "at_the_margin": "worse by the margin everywhere, refused",
    "power": "4 points worse in one language, refused",
    "nightly_false_refusals": "equal, refused in one of 30 nights",
    "nightly_false_refusals_small": "the same, 100 to 1,000 pairs",
    "nightly_false_approvals": "worse every night, one got through",
    "nightly_false_approvals_rotating": "worse in another language each night",
}
console = Console(width=130)


def accuracies() -> Floats:
    """Accuracy of each language: what a trained model has on languages from hard to easy."""
    return np.linspace(0.80, 0.98, LANGUAGES)


def new_suites(sizes: Ints, seed: int) -> Suites:
    """The suites of all series."""
    languages = [language(float(accuracy)) for accuracy in accuracies()]
    return Suites(languages, sizes, SERIES, np.random.default_rng([SEED, seed]))


def one_worse(which: Ints) -> Floats:
    """A loss beyond the margin in one language of each series (series, languages)."""
    losses = np.zeros((SERIES, LANGUAGES))
    losses[np.arange(SERIES), which % LANGUAGES] = GATE.margin + BEYOND
    return losses


Figures = dict[str, float]
"""One share by the name of the gate."""


def judges() -> dict[str, Judge]:
    """The gates, which have not decided anything yet."""
    return {
        "before: queries, not corrected": old_gate,
        "queries, Holm, no margin": by_query_with_holm,
        "pairs, Holm, no margin": by_pair_with_holm,
        "default, without proofs": DefaultGate(proofs=False),
        "default": DefaultGate(),
    }


def refusals(suites: Suites, drop: Floats, nights: int = 1) -> Figures:
    """Share of the series in which some night refuses its candidate.

    All nights count as attempts, as if another rule refused each candidate.
    """
    refused = {name: np.zeros(SERIES, dtype=bool) for name in judges()}
    gates = judges()
    for attempt in range(1, nights + 1):
        changed = suites.candidate(drop)
        for name, decide in gates.items():
            refused[name] |= decide(changed, suites, attempt).any(axis=1)
    return {name: float(by_series.mean()) for name, by_series in refused.items()}


def nightly_approvals(suites: Suites, *, rotating: bool) -> Figures:
    """Share of the series in which some night lets a worse model through.

    It is worse in the same language every night, or in another one if it is `rotating`.
    """
    approved = {name: np.zeros(SERIES, dtype=bool) for name in judges()}
    gates = judges()
    for attempt in range(1, NIGHTS + 1):
        which = np.arange(SERIES) + (attempt if rotating else 0)
        changed = suites.candidate(one_worse(which))
        for name, decide in gates.items():
            approved[name] |= ~decide(changed, suites, attempt).any(axis=1)
    return {name: float(by_series.mean()) for name, by_series in approved.items()}


def check_tests(suites: Suites) -> None:
    """The vectorized tests give what the gate computes."""
    changed = suites.candidate(one_worse(np.arange(SERIES)))
    p_values = worse(changed, suites.sizes, GATE.margin)
    p_bad = as_bad(changed, suites.sizes, GATE.margin + GATE.detect)
    for series in range(20):
        for column in range(LANGUAGES):
            n = int(suites.sizes[column])
            changes = Changes(*(int(part[series, column]) for part in changed))
            assert np.isclose(p_values[series, column], p_worse(changes, GATE.margin * 2 * n))
            loss = (GATE.margin + GATE.detect) * 2 * n
            assert np.isclose(p_bad[series, column], p_as_bad(changes, loss, n), rtol=1e-6)
        expected = np.array(holm(p_values[series].tolist())) < 0.05
        assert (holm_refused(p_values[series : series + 1], 0.05)[0] == expected).all()


def power_table(seed: int) -> list[tuple[int, float, float, float]]:
    """Pairs, accuracy, power by the formula, and share of worse models that are refused."""
    rows = []
    level = spent(GATE.alpha, 1) / LANGUAGES
    for pairs in (200, 500, 1000, 2000):
        suites = new_suites(np.full(LANGUAGES, pairs), seed + pairs)
        drop = np.full((SERIES, LANGUAGES), GATE.margin + GATE.detect)
        p_values = worse(suites.candidate(drop), suites.sizes, GATE.margin)
        for column in (0, LANGUAGES // 2, LANGUAGES - 1):
            accuracy = float(accuracies()[column])
            planned = design(pairs, accuracy, GATE.margin, GATE.detect)
            simulated = float((p_values[:, column] < level).mean())
            rows.append((pairs, accuracy, power(planned, level), simulated))
    return rows


def main() -> None:
    """Run the study."""
    started = time.monotonic()
    large = np.full(LANGUAGES, PAIRS)
    mixed = np.resize(np.array(MIXED), LANGUAGES)
    nobody = np.zeros((SERIES, LANGUAGES))
    check_tests(new_suites(mixed, 0))
    study = {
        "false_refusals": refusals(new_suites(large, 1), nobody),
        "false_refusals_small": refusals(new_suites(mixed, 2), nobody),
        "at_the_margin": refusals(new_suites(large, 8), nobody + GATE.margin),
        "power": refusals(new_suites(large, 3), one_worse(np.arange(SERIES))),
        "nightly_false_refusals": refusals(new_suites(large, 4), nobody, NIGHTS),
        "nightly_false_refusals_small": refusals(new_suites(mixed, 5), nobody, NIGHTS),
        "nightly_false_approvals": nightly_approvals(new_suites(large, 6), rotating=False),
        "nightly_false_approvals_rotating": nightly_approvals(new_suites(large, 7), rotating=True),
    }
    print_study(study)
    print_power(power_table(10))
    before, *_, default = judges()
    figures: dict[str, object] = {key: shares[default] for key, shares in study.items()}
    figures["before"] = {key: shares[before] for key, shares in study.items()}
    figures["seconds"] = round(time.monotonic() - started, 1)
    print(json.dumps(figures))


def print_study(study: Mapping[str, Figures]) -> None:
    """One row for each kind of error."""
    table = Table(title=f"Share of {SERIES:,} series of models in {LANGUAGES} languages (%)")
    table.add_column("", no_wrap=True)
    for name in judges():
        table.add_column(name, justify="right")
    for key, shares in study.items():
        table.add_row(TITLES[key], *(f"{100 * share:.1f}" for share in shares.values()))
    console.print(table)


def print_power(rows: list[tuple[int, float, float, float]]) -> None:
    """The formula beside the simulation."""
    table = Table(title="A language that loses 4 points: refused (%)")
    for title in ("pairs", "accuracy", "by the formula", "simulated"):
        table.add_column(title, justify="right")
    for pairs, accuracy, formula, simulated in rows:
        cells = [f"{100 * value:.0f}" for value in (accuracy, formula, simulated)]
        table.add_row(f"{pairs:,}", *cells)
    console.print(table)


if __name__ == "__main__":
    main()
