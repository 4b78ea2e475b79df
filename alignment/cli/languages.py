"""`alignment languages`: list the configured ones, add one, find out which are worth adding."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from alignment.cli.languages_add import add
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspacePlace,
    open_workspace,
    read_config,
)

if TYPE_CHECKING:
    from alignment.config import Config
    from alignment.pipeline.workspace import Workspace

languages_app = typer.Typer(
    no_args_is_help=True,
    help="""List the configured languages, add one, find out which are worth adding.

    A language is one line under `languages:` in the configuration.

    [bold]Examples[/bold]

      alignment languages list configs/quickstart.yaml
      alignment languages add eu --config configs/quickstart.yaml
      alignment languages suggest configs/quickstart.yaml
    """,
)


@languages_app.command("list")
def list_languages(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """List the configured languages and how many pairs each corpus has for them.

    Reads every corpus once; later calls use the stored result.

    [bold]Example[/bold]

      alignment languages list configs/quickstart.yaml
    """
    from alignment.cli.display.languages import print_languages
    from alignment.stages.pull import pull

    settings = read_config(config, overrides)
    space = open_workspace(workspace, offline=offline, config=settings)
    context = space.context(settings)
    pulled = {}
    for code in settings.measured:
        pulled[code] = pull(context, code, settings.settings(code).corpora)
    print_languages(settings, pulled)


languages_app.command("add")(add)


@languages_app.command("suggest")
def suggest_languages(
    config: ConfigFile,
    sample: Annotated[
        int,
        typer.Option(
            min=20, metavar="N", help="Measure the model on N sentence pairs per language."
        ),
    ] = 150,
    min_pairs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Skip languages with fewer usable pairs.")
    ] = 300,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Rank the languages that the corpora have and the configuration does not.

    A language ranks high if the deployed model (or the base encoder, if none
    is deployed) handles it badly and the corpora have much text for it.

    [bold]Example[/bold]

      alignment languages suggest configs/quickstart.yaml --min-pairs 1000
    """
    from alignment.cli.display.console import console, styled
    from alignment.cli.display.languages import print_suggestions
    from alignment.pipeline.explore import suggest

    settings = read_config(config)
    space = open_workspace(workspace, config=settings)
    encoder = _current_encoder(settings, space)
    with console.status(styled("measuring")) as status:
        suggestions = suggest(
            settings,
            space.downloads(settings),
            encoder.path,
            sample=sample,
            min_pairs=min_pairs,
            on_language=lambda code: status.update(styled(f"measuring {code}")),
        )
    print_suggestions(suggestions, encoder.label, sample)


class _NamedEncoder(NamedTuple):
    path: Path
    label: str


def _current_encoder(settings: Config, workspace: Workspace) -> _NamedEncoder:
    """The deployed model, or the base encoder if none is deployed."""
    from alignment.stages.encoder import base_encoder

    champion = workspace.registry_of(settings).champion()
    if champion is not None:
        return _NamedEncoder(champion.path, f"{settings.name} {champion.name}")
    artifact = base_encoder(workspace.context(settings), settings.encoder, {})
    return _NamedEncoder(artifact.path / "model", "the base encoder")
