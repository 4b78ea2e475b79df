"""`alignment triplets`: the hard negatives that training uses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspacePlace,
    language_code,
    one_of,
    open_workspace,
    read_config,
)
from alignment.types import PREBUILT, STRATEGIES

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.pipeline.workspace import Workspace

triplets_app = typer.Typer(
    no_args_is_help=True,
    help="""Inspect the hard negatives that training uses.

    A triplet is a sentence, its translation, and a mismatched translation: the
    negative.

    [bold]Example[/bold]

      alignment triplets inspect configs/quickstart.yaml --language cy
    """,
)


@triplets_app.callback()
def _group() -> None:
    """Without a callback Typer makes the only command of a group the group itself."""


@triplets_app.command("inspect")
def inspect(
    config: ConfigFile,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only triplets of this language.")
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Only examples of this strategy: random, lexical, semantic, edited, cross or "
            "prebuilt.",
        ),
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, metavar="N", help="Examples to print per strategy.")
    ] = 3,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Show how hard the negatives are, with examples. Builds the triplets if needed.

    Columns, measured under the base encoder:
      easy, semi, hard  share of triplets; semi-hard: within `train.margin`
      cos +, cos -      mean cosine of the anchor with translation and negative
      lang.             share of negatives in another language than the
                        translation
      length            share of triplets whose lengths alone give the
                        translation away; 50% is chance

    [bold]Examples[/bold]

      alignment triplets inspect configs/quickstart.yaml
      alignment triplets inspect configs/quickstart.yaml --language cy \
          --strategy semantic --examples 20
    """
    settings = read_config(config, overrides)
    code = None
    if language is not None:
        code = language_code(language)
        hint = f"Add it: alignment languages add {code} --config {config}."
        one_of(settings.trained, code, option="--language", hint=hint)
    if strategy is not None:
        one_of((*STRATEGIES, PREBUILT), strategy, option="--strategy")
    space = open_workspace(workspace, offline=offline, config=settings)
    _inspect(settings, space, code, strategy, examples)


def _inspect(
    settings: Config, space: Workspace, code: str | None, strategy: str | None, examples: int
) -> None:
    from alignment.cli.display.triplets import print_examples, print_guards, print_hardness
    from alignment.cli.runner import console_runner
    from alignment.pipeline.data import prepare

    with console_runner(settings, space) as runner:
        triplets = prepare(settings, space, runner).triplets
    audit = json.loads((triplets.path / "audit.json").read_text())
    strategies = audit["strategies"]
    guards = audit["languages"]
    if code is not None:
        strategies = audit["by_language"].get(code, {})
        guards = {code: guards[code]}
    chosen = list(strategies)
    if strategy is not None:
        hint = f"No triplet uses {strategy}. Raise its share: triplets.shares.{strategy}."
        chosen = [one_of(chosen, strategy, option="--strategy", hint=hint)]
    print_hardness(strategies, audit["margin"], code)
    print_guards(guards)
    print_examples(triplets.path / "triplets.parquet", chosen, code, examples)
