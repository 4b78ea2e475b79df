"""What cleaning did: pairs kept per language, and the scores of each filter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from rich.console import JustifyMethod
from rich.table import Table

from alignment.cleaning.ledger import REASONS
from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.corpora.skips import listed
from alignment.languages import name as language_name
from alignment.pipeline.explain import Explained, FilterScores
from alignment.types import Artifact

LEDGER_COLUMNS: dict[str, JustifyMethod] = {
    "language": "left",
    "pairs read": "right",
    "kept": "right",
    "dropped, in the order of the steps": "left",
}
FILTER_COLUMNS: dict[str, JustifyMethod] = {
    "parameter": "left",
    "threshold": "right",
    "keeps": "right",
    "5%": "right",
    "median": "right",
    "95%": "right",
}
SHOWN_QUANTILES = (2, 4, 6)
"""Places of 5%, 50% and 95% in `pipeline.explain.QUANTILES`."""


def print_ledger(cleaned: Mapping[str, Artifact]) -> None:
    """Pairs per language: read, kept, and dropped by reason; then what the readers left out."""
    table = new_table("pairs by language", LEDGER_COLUMNS)
    total: Counter[str] = Counter()
    skipped: list[str] = []
    for code, artifact in cleaned.items():
        ledger = json.loads((artifact.path / "ledger.json").read_text())
        counts = {"read": ledger["seen"], "kept": ledger["kept"], **ledger["dropped"]}
        total.update(counts)
        _add_ledger_row(table, language_name(code), counts)
        for corpus, reasons in ledger["skipped_by_reader"].items():
            skipped.append(f"{language_name(code)}, {corpus}: {listed(reasons)}")
    table.add_section()
    _add_ledger_row(table, f"all ({len(cleaned)})", total)
    console.print(table)
    if skipped:
        say("Skipped while reading, and not among the pairs read:")
        for line in skipped:
            say(f"  {line}")


def print_explanation(explanation: Explained, code: str) -> None:
    """For each filter: its scores, its threshold and others; then examples of dropped pairs."""
    title = f"{language_name(code)}: {explanation.pairs:,} pairs, each filter alone"
    table = new_table(title, FILTER_COLUMNS)
    for scores in explanation.scores:
        _add_filter_row(table, scores)
    console.print(table)
    say()
    say(("What each filter measures, and what other thresholds would keep", "bold"))
    for scores in explanation.scores:
        _print_alternatives(scores)
    say()
    dropped = listed(explanation.counts) or "nothing"
    say(f"Dropped, by the first filter that refuses a pair: {dropped}")
    for reason, pairs in explanation.rejects.items():
        _print_rejects(reason, pairs)


def _add_ledger_row(table: Table, label: str, counts: Mapping[str, int]) -> None:
    dropped = {reason.replace("_", " "): counts[reason] for reason in REASONS if counts.get(reason)}
    add_row(table, label, f"{counts['read']:,}", f"{counts['kept']:,}", listed(dropped))


def _add_filter_row(table: Table, scores: FilterScores) -> None:
    threshold = "off"
    if scores.threshold is not None:
        threshold = f"{scores.filter.sign} {scores.threshold:g}"
    kept = ""
    if scores.kept is not None:
        kept = f"{percent(scores.kept)}%"
    quantiles = ["", "", ""]
    if scores.quantiles:
        quantiles = [f"{scores.quantiles[place]:.3g}" for place in SHOWN_QUANTILES]
    add_row(table, scores.filter.parameter, threshold, kept, *quantiles)


def _print_alternatives(scores: FilterScores) -> None:
    say(scores.filter.parameter, (f": {scores.filter.what}; drops as {scores.filter.name}", "dim"))
    shares = [
        f"{scores.filter.sign} {threshold:g}: {percent(share)}%"
        for threshold, share in scores.alternatives
    ]
    if shares:
        say("    " + "   ".join(shares))


def _print_rejects(reason: str, pairs: list[tuple[str, str]]) -> None:
    if not pairs:
        return
    say()
    say((reason, "bold"))
    for source, target in pairs:
        say(f"  {source}")
        say((f"  {target}", "dim"))
