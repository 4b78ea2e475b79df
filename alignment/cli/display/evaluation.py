"""The result of `alignment evaluate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent, say
from alignment.pipeline.measure import (
    LanguageChange,
    LanguageScores,
    macro_mean,
    mean_change,
    micro_mean,
)
from alignment.report.mteb import subset_means
from alignment.retrieval.mixed import MixedResult

_RIGHT: JustifyMethod = "right"


def print_scores(name: str, scores: Sequence[LanguageScores]) -> None:
    """One row per language, then the means."""
    headers = ("pairs", "acc@1", "95%", "from pivot", "to pivot", "F1", "xsim", "MRR@10", "hubs")
    columns: dict[str, JustifyMethod] = {"language": "left"}
    columns |= dict.fromkeys(headers, _RIGHT)
    table = new_table(f"{name}: bitext retrieval in %", columns)
    for language in scores:
        add_row(table, language.language, *_cells(language))
    console.print(table)
    if len(scores) > 1:
        means = f"mean of {len(scores)} languages {percent(macro_mean(scores))}"
        say(f"{means}, of all queries {percent(micro_mean(scores))}")
    accuracy = {language.language: language.backward.accuracy for language in scores}
    f1 = subset_means({language.language: language.backward.f1 for language in scores})
    for subset, mean in subset_means(accuracy).items():
        say(f"mean to the pivot of {subset}: acc@1 {percent(mean)}, F1 {percent(f1[subset])}")
    say("acc@1 is the mean of both directions; F1, xsim (ratio margin, error), MRR@10 and hubs")
    say("(skewness of the 10-occurrence) are those of the direction to the pivot, as published.")


def print_comparison(
    before: Sequence[LanguageScores],
    after: Sequence[LanguageScores],
    changes: Sequence[LanguageChange],
    names: tuple[str, str],
) -> None:
    """One row per language: accuracy of both, and how sure the change is."""
    columns: dict[str, JustifyMethod] = {"language": "left"}
    columns |= dict.fromkeys(("before", "after", "change", "won", "lost", "p worse"), _RIGHT)
    table = new_table(f"{names[0]} -> {names[1]}: acc@1 in %", columns)
    for change in changes:
        add_row(
            table,
            change.language,
            percent(change.before),
            percent(change.after),
            f"{100 * (change.after - change.before):+.1f}",
            str(change.wins),
            str(change.losses),
            f"{change.p_worse:.2g}",
        )
    console.print(table)
    interval = mean_change(before, after)
    low, high = f"{100 * interval.low:+.2f}", f"{100 * interval.high:+.2f}"
    say(f"mean change {100 * interval.estimate:+.2f} points (95%: {low} to {high})")


def print_mixed(by_encoder: Mapping[str, Sequence[MixedResult]]) -> None:
    """One table per encoder, one row per language: its queries among the texts of all languages."""
    for name, results in by_encoder.items():
        _print_mixed(name, results)
    if by_encoder:
        say("own language: share of the wrong first answers that are in the query's language.")
        say("bias: that share over the language's share of the pool; 1 is no bias.")


def _print_mixed(name: str, results: Sequence[MixedResult]) -> None:
    columns: dict[str, JustifyMethod] = {"queries in": "left"}
    columns |= dict.fromkeys(("queries", "acc@1", "recall@10", "own language", "bias"), _RIGHT)
    table = new_table(f"{name}: one pool of all languages, in %", columns)
    for result in results:
        add_row(
            table,
            result.language,
            f"{result.queries:,}",
            percent(result.accuracy),
            percent(result.recall),
            percent(result.wrong_in_own_language),
            f"{result.bias:.1f}",
        )
    console.print(table)


def _cells(language: LanguageScores) -> list[str]:
    from alignment.gate import wilson

    low, high = wilson(int(language.correct.sum()), len(language.correct))
    published = language.backward
    return [
        f"{language.pairs:,}",
        percent(language.accuracy),
        f"{percent(low)}-{percent(high)}",
        percent(language.forward.accuracy),
        percent(language.backward.accuracy),
        percent(published.f1),
        percent(published.xsim_ratio),
        percent(published.mrr),
        f"{published.hubness:.1f}",
    ]
