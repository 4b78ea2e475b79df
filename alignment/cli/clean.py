"""`alignment clean`: what cleaning keeps, and what each filter drops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Overrides,
    WorkspacePlace,
    language_code,
    one_of,
    open_workspace,
    read_config,
)

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.pipeline.workspace import Workspace


def clean(
    config: ConfigFile,
    language: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="CODE",
            help="Show what each filter measures, keeps and drops in this language instead.",
        ),
    ] = None,
    sample_rejects: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="With --explain: print N dropped pairs of each filter."
        ),
    ] = 0,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Read and clean all corpora, and show how many pairs are kept per language.

    --explain prints, for each filter, the distribution of its scores, what its
    threshold keeps, and what other thresholds would keep. With clean.semantic,
    it also plots the scores that the last run gave the pairs of the language.

    [bold]Examples[/bold]

      alignment clean configs/quickstart.yaml
      alignment clean configs/quickstart.yaml --explain cy --sample-rejects 5
      alignment clean configs/quickstart.yaml --explain cy --set clean.min_words=3
    """
    settings = read_config(config, overrides)
    space = open_workspace(workspace, config=settings)
    if language is None:
        _clean_all(settings, space)
        return
    code = language_code(language)
    hint = f"Add it: alignment languages add {code} --config {config}."
    one_of(settings.measured, code, option="--explain", hint=hint)
    _explain(settings, space, code, sample_rejects)


def _clean_all(settings: Config, workspace: Workspace) -> None:
    from alignment.cli.display.cleaning import print_ledger
    from alignment.cli.runner import console_runner
    from alignment.pipeline.data import clean_data

    with console_runner(settings, workspace) as runner:
        data = clean_data(settings, workspace, runner)
    print_ledger(data.cleaned)


def _explain(settings: Config, workspace: Workspace, code: str, sample_rejects: int) -> None:
    from alignment.cli.display.cleaning import print_explanation
    from alignment.cli.display.console import say
    from alignment.cli.display.semantic import print_semantic_scores
    from alignment.pipeline.explain import explain, explain_semantics
    from alignment.stages.pull import pull

    language = settings.settings(code)
    pulled = pull(workspace.context(settings), code, language.corpora)
    explanation = explain(
        pulled,
        language.clean,
        settings.pivot,
        code,
        examples=sample_rejects,
        seed=settings.seed,
    )
    print_explanation(explanation, code)
    if language.clean.semantic is None:
        return
    say()
    semantics = explain_semantics(workspace.store, code)
    if semantics is None:
        say("clean.semantic has no scores yet: they need the encoder. Run `alignment run` first.")
    else:
        print_semantic_scores(semantics, code)
