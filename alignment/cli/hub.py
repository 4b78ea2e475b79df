"""`alignment hub`: published versions on the Hugging Face Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, ModelName, RegistryPlace, WorkspacePlace
from alignment.cli.output import print_line

if TYPE_CHECKING:
    from alignment.config import HubRepository
    from alignment.registry import Version

hub_app = typer.Typer(
    no_args_is_help=True,
    help="""The Hugging Face Hub: push published versions to a model repository.

    [bold]Example[/bold]

      alignment hub push
    """,
)


@hub_app.callback()
def _hub() -> None:
    """A callback, so that Typer keeps the name `push`: it drops that of an only command."""


@hub_app.command("push")
def push(
    model: ModelName = None,
    version: Annotated[
        str,
        typer.Argument(metavar="VERSION", help="The version to push, such as v2."),
    ] = "champion",
    repo_id: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME",
            help="The repository. Default: that of the configuration that the version was "
            "published with.",
            show_default=False,
        ),
    ] = None,
    private: Annotated[
        bool | None,
        typer.Option(
            "--private/--public",
            help="Who may see a repository that is created. Default: as configured, else only its "
            "owner.",
            show_default=False,
        ),
    ] = None,
    registry: RegistryPlace = "",
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Push a published version to a model repository of the Hugging Face Hub.

    The version is a commit on main with a tag of its name. The branch champion
    gets the deployed version, so run this after a rollback as well. What the
    Hub has already is not sent again. The token is read from HF_TOKEN, or from
    the environment variable that the configuration names; HF_ENDPOINT selects
    another server.

    [bold]Examples[/bold]

      alignment hub push
      alignment hub push quickstart v2 --repo-id my-team/quickstart
    """
    from alignment.cli.models import open_registry
    from alignment.pipeline.deliver import push_to_hub, pushed_in_words

    versions = open_registry(workspace, model, registry)
    settings = _settings(versions.get(version), repo_id, private=private)
    done = push_to_hub(versions, settings, version)
    print_line(pushed_in_words(done))


def _settings(version: Version, repo_id: str | None, *, private: bool | None) -> HubRepository:
    """The recorded section `hub` with the values of the options.

    Raises:
        ConfigError: if there is neither a section nor a repository, or a value is not valid.
    """
    from alignment.config import HubRepository
    from alignment.config.sections import section
    from alignment.pipeline.deliver import recorded_hub

    values: dict[str, Any] = {"repo_id": repo_id}
    if repo_id is None:
        values = recorded_hub(version).model_dump()
    if private is not None:
        values["private"] = private
    return section(HubRepository, values, "alignment hub push")
