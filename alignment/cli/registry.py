"""`alignment registry`: published versions of a model, and which one is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, ModelName, WorkspaceDir
from alignment.cli.output import print_line

if TYPE_CHECKING:
    from alignment.registry import Registry

registry_app = typer.Typer(
    no_args_is_help=True,
    help="""Published versions of a model: list them, deploy one, go back.

    The deployed version is called the champion. Its files are in
    workspace/registry/MODEL/champion.

    [bold]Examples[/bold]

      alignment registry list
      alignment registry promote quickstart v2
      alignment registry rollback
    """,
)


@registry_app.command("list")
def list_versions(
    model: ModelName = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """List the published versions with their accuracy. The deployed one is marked champion.

    The accuracy is the mean over the languages when the version was published.

    [bold]Example[/bold]

      alignment registry list
    """
    from alignment.cli.display.versions import print_versions

    print_versions(open_registry(workspace, model))


@registry_app.command("promote")
def promote(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="The `name` of the configuration.", show_default=False
        ),
    ],
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION", help="The version to deploy, such as v2.", show_default=False
        ),
    ],
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Deploy a published version by hand.

    The link workspace/registry/MODEL/champion then points to it.

    [bold]Example[/bold]

      alignment registry promote quickstart v2
    """
    promoted = open_registry(workspace, model).promote(version)
    print_line(f"{promoted.name} is now the champion of {model}.")


@registry_app.command("rollback")
def rollback(
    model: ModelName = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Deploy the version that was deployed before the current one.

    A later run does not deploy the rolled-back version again; only
    `alignment registry promote` does.

    [bold]Example[/bold]

      alignment rollback quickstart
    """
    registry = open_registry(workspace, model)
    restored = registry.rollback()
    print_line(f"{restored.name} is the champion of {registry.name} again.")


def open_registry(workspace: Path, model: str | None) -> Registry:
    """The versions of this model, or of the only model of the workspace.

    Raises:
        Missing: if there is no such model, or several and none is named.
    """
    from alignment.registry import Registry

    root = workspace.resolve() / "registry"
    names = model_names(root)
    if model is None and len(names) == 1:
        model = names[0]
    if model is None or model not in names:
        raise _no_such_model(root, model, names)
    return Registry(root, model)


def model_names(root: Path) -> list[str]:
    """Names of the models in this registry directory."""
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if path.is_dir())


def _no_such_model(root: Path, model: str | None, names: list[str]) -> Exception:
    from alignment.errors import Missing

    if not names:
        return Missing(
            "no model has been published yet",
            where=str(root),
            hint="Publish one with `alignment run CONFIG`, or pass another --workspace.",
        )
    message = f"there is no model {model!r}"
    if model is None:
        message = f"there are {len(names)} models; say which one"
    return Missing(message, where=str(root), hint=f"Models: {', '.join(names)}.")
