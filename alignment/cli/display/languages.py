"""Languages: the pairs that the corpora have for them, and which are worth adding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import JustifyMethod

from alignment.cli.display.console import add_row, console, new_table, percent
from alignment.config import Config
from alignment.languages import name as language_name
from alignment.pipeline.explore import Suggestion
from alignment.stages.pull import PullCounts
from alignment.types import Artifact

SUGGESTION_COLUMNS: dict[str, JustifyMethod] = {
    "code": "left",
    "language": "left",
    "usable pairs": "right",
    "accuracy@1 (%)": "right",
    "gain": "right",
}


def print_languages(config: Config, pulled: Mapping[str, Artifact]) -> None:
    """The configured languages with the pairs of each corpus, before cleaning."""
    counts = {code: PullCounts.of(artifact).by_corpus for code, artifact in pulled.items()}
    corpora = _names(counts)
    columns: dict[str, JustifyMethod] = {"code": "left", "language": "left"}
    for name in (*corpora, "all"):
        columns[name] = "right"
    table = new_table(f"{config.name}: pairs with {config.pivot}, before cleaning", columns)
    for code, by_corpus in counts.items():
        cells = [f"{by_corpus.get(name, 0):,}" for name in corpora]
        add_row(table, code, _label(config, code), *cells, f"{sum(by_corpus.values()):,}")
    console.print(table)


def print_suggestions(suggestions: Sequence[Suggestion], encoder: str, sample: int) -> None:
    """Languages that could be added, the most worthwhile first."""
    title = f"languages worth adding (accuracy@1 of {encoder} on {sample} pairs of each)"
    table = new_table(title, SUGGESTION_COLUMNS)
    for suggestion in suggestions:
        add_row(
            table,
            suggestion.code,
            language_name(suggestion.code),
            f"{suggestion.pairs:,}",
            percent(suggestion.accuracy),
            f"{suggestion.gain:.2f}",
        )
    console.print(table)


def _names(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Names of all corpora, in the order in which languages first use them."""
    names: dict[str, None] = {}
    for by_corpus in counts.values():
        names.update(dict.fromkeys(by_corpus))
    return list(names)


def _label(config: Config, code: str) -> str:
    if code in config.languages:
        return language_name(code)
    return f"{language_name(code)} (control)"
