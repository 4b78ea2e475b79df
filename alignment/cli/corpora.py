"""`alignment corpora`: the kinds of corpora, and a look at the configured ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.exit_codes import FAILED, print_error
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

if TYPE_CHECKING:
    from alignment.config import Config, Corpus

corpora_app = typer.Typer(
    no_args_is_help=True,
    help="""List the kinds of corpora that you can add; preview and check yours.

    A corpus is one line under `corpora:` in the configuration.

    [bold]Examples[/bold]

      alignment corpora kinds
      alignment corpora preview configs/quickstart.yaml --language cy
      alignment corpora check configs/quickstart.yaml
    """,
)


@corpora_app.command("kinds")
def kinds() -> None:
    """List the kinds of corpora, with a line of YAML to copy for each.

    The line goes under `corpora:`, for all languages, or under the corpora of
    one language.

    [bold]Example[/bold]

      alignment corpora kinds
    """
    from alignment.cli.display.corpora import print_kinds

    print_kinds()


@corpora_app.command("preview")
def preview(
    config: ConfigFile,
    language: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="Language to print. It need not be in the configuration yet.",
            show_default=False,
        ),
    ],
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Pairs to print per corpus.")] = 5,
    corpus: Annotated[str | None, typer.Option(metavar="NAME", help="Only this corpus.")] = None,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Print the first pairs of each corpus as they are read, before cleaning.

    Use it to check that paths, columns and languages are right. Each pair has
    its origin (file and line), its source and its target. A corpus that
    cannot be read does not hide the others; the exit code is then 1.

    [bold]Examples[/bold]

      alignment corpora preview configs/quickstart.yaml --language cy
      alignment corpora preview configs/quickstart.yaml --language cy \
          --corpus django --limit 20
    """
    from alignment.cli.display.corpora import print_preview
    from alignment.corpora import open_source
    from alignment.errors import AlignmentError

    settings = read_config(config, overrides)
    code = language_code(language)
    corpora = corpora_of(settings, code)
    if corpus is not None:
        corpora = {corpus: corpora[one_of(list(corpora), corpus, option="--corpus")]}
    downloads = open_workspace(workspace, offline=offline, config=settings).downloads(settings)
    all_readable = True
    for name, chosen in corpora.items():
        try:
            source = open_source(chosen, downloads, settings.pivot, settings.measured)
            pairs = source.pairs(code)
            print_preview(name, chosen.kind, code, pairs, limit)
        except AlignmentError as error:  # the other corpora may be readable
            print_error(f"{name}: {error}")
            all_readable = False
    if not all_readable:
        raise typer.Exit(FAILED)


@corpora_app.command("check")
def check(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Check whether each corpus is aligned, in every language it is used for.

    The base encoder compares a sample of the pairs with the same texts shifted
    by a few lines and in random pairs, and each side is identified as a whole.
    So a file that lost a line, swapped columns or text in another language is
    found, and the share of pairs that do not belong together is estimated.
    `alignment run` does the same; clean.misaligned says whether it warns or
    refuses.

    [bold]Example[/bold]

      alignment corpora check configs/quickstart.yaml
    """
    from alignment.cli.display.alignment import print_alignment_table
    from alignment.cli.runner import console_runner
    from alignment.pipeline.data import check_data
    from alignment.pipeline.summary import corpus_checks

    settings = read_config(config, overrides)
    space = open_workspace(workspace, offline=offline, config=settings)
    with console_runner(settings, space) as runner:
        checked = check_data(settings, space, runner)
    results = {code: corpus_checks(artifact) for code, artifact in checked.items()}
    print_alignment_table(results)


def corpora_of(config: Config, code: str) -> dict[str, Corpus]:
    """By name, the corpora of a language and the evaluation suites.

    A language that is not configured has the shared corpora.
    """
    corpora = [corpus for corpus in config.pair_corpora if code in corpus.languages]
    if code in config.measured:
        corpora = list(config.settings(code).corpora)
    corpora += config.holdout.every_suite
    return {corpus.display_name: corpus for corpus in corpora}
