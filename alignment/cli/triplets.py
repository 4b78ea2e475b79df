"""`alignment triplets`: look at the mismatched translations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspaceDir,
    language_code,
    open_workspace,
)

triplets_app = typer.Typer(
    help="Look at the mismatched translations that training learns from.", no_args_is_help=True
)


@triplets_app.command("inspect")
def inspect(
    config: ConfigFile,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of this language only.")
    ] = None,
    strategy: Annotated[str | None, typer.Option(help="Examples of this strategy only.")] = None,
    examples: Annotated[int, typer.Option(min=0, help="Examples of each strategy.")] = 3,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Build the triplets, if they are not there yet, and show how hard they are and what they look like.

    Easy, semi-hard and hard are measured under the base encoder, at `train.margin`; so are the mean cosines of
    the translation (+) and the negative (-). "lang.": negatives in another language than the translation.
    "length": how often the lengths alone tell the translation; 50 % is chance.

    [bold]Example:[/bold] alignment triplets inspect configs/quickstart.yaml --language cy --strategy semantic --examples 20
    """
    from alignment.cli.console import ConsoleRunner
    from alignment.config import load_config
    from alignment.errors import ConfigError
    from alignment.pipeline.data import prepare

    loaded = load_config(config, overrides or [])
    code = language_code(language) if language else None
    if code and code not in loaded.trained:
        raise ConfigError(
            f"{code} is not trained on; got {', '.join(loaded.trained)}", where="--language"
        )
    built = prepare(
        loaded, open_workspace(workspace, offline=offline), ConsoleRunner(loaded.train.steps)
    ).triplets
    audit = json.loads((built.path / "audit.json").read_text())
    strategies = audit["by_language"].get(code, {}) if code else audit["strategies"]
    if strategy and strategy not in strategies:
        raise ConfigError(
            f"no triplet is of strategy {strategy!r}; got {', '.join(strategies)}",
            where="--strategy",
        )
    _print_shares(strategies, audit["margin"], code)
    _print_guards({code: audit["languages"][code]} if code else audit["languages"])
    _print_examples(
        built.path / "triplets.parquet", [strategy] if strategy else strategies, code, examples
    )


def _print_shares(strategies: dict[str, Any], margin: float, code: str | None) -> None:
    from rich.table import Table

    from alignment.cli.console import console
    from alignment.languages import name

    where = name(code) if code else "all languages"
    table = Table(
        title=f"{where}: negatives at margin {margin:g}", title_justify="left", title_style="bold"
    )
    for column in (
        "strategy",
        "triplets",
        "easy",
        "semi",
        "hard",
        "cos +",
        "cos -",
        "lang.",
        "length",
    ):
        table.add_column(column, justify="left" if column == "strategy" else "right", no_wrap=True)
    for strategy, found in strategies.items():
        measured = found["measured"]
        shares = [
            f"{100 * found[kind] / measured:.0f} %" if measured else ""
            for kind in ("easy", "semi-hard", "hard")
        ]
        means = [
            f"{found[kind]:.2f}" if measured else ""
            for kind in ("positive_similarity", "negative_similarity")
        ]
        shortcuts = [f"{100 * found[kind]:.0f} %" for kind in ("by_language", "by_length")]
        table.add_row(strategy, f"{found['count']:,}", *shares, *means, *shortcuts)
    console.print(table)


def _print_guards(languages: dict[str, Any]) -> None:
    from alignment.cli.console import console

    names = ("considered", "same_meaning", "near_duplicate", "too_close", "fallback", "unfilled")
    total = {key: sum(audit[key] for audit in languages.values()) for key in names}
    looked = max(1, total["considered"])
    console.print(
        f"Of {total['considered']:,} candidates the guards refused: same meaning {total['same_meaning']:,} "
        f"({100 * total['same_meaning'] / looked:.1f} %), near-duplicate {total['near_duplicate']:,} "
        f"({100 * total['near_duplicate'] / looked:.1f} %), too close for the guide {total['too_close']:,}. "
        f"Another strategy stood in {total['fallback']:,} times; {total['unfilled']:,} pairs and directions got no triplet.",
        highlight=False,
    )


def _print_examples(path: Path, strategies: Iterable[str], code: str | None, most: int) -> None:
    from rich.markup import escape

    from alignment import tables
    from alignment.cli.console import console

    rows: dict[str, list[dict[str, Any]]] = {strategy: [] for strategy in strategies}
    for row in tables.read(path):
        if row["strategy"] in rows and (
            code is None or code in (row["anchor_lang"], row["positive_lang"])
        ):
            rows[row["strategy"]].append(row)
    for strategy, own in rows.items():
        chosen = sorted(own, key=lambda row: row["pair_id"])[:most]  # ids are hashes
        if chosen:
            console.print(f"\n[bold]{strategy}[/bold]")
        for row in chosen:
            similar = (
                ""
                if row["negative_similarity"] is None
                else f"  [dim]{row['negative_similarity']:.2f}[/dim]"
            )
            texts = (escape(row[name]) for name in ("anchor", "positive", "negative"))
            shown = "  {}\n    [green]{}[/green]\n    [red]{}[/red]".format(*texts)
            console.print(shown + similar, soft_wrap=True, highlight=False)
