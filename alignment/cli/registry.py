"""`alignment registry`: published versions of a model, and which one is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, ModelName, WorkspaceDir, open_workspace
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
      alignment registry verify
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
            metavar="VERSION",
            help="The version to deploy, such as v2. With --override also the name of a run that "
            "the gate rejected.",
            show_default=False,
        ),
    ],
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    override: Annotated[
        bool,
        typer.Option(
            "--override",
            help="Deploy it although the gate did not approve it. Needs --reason and --by.",
        ),
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Why the gate is overridden.", show_default=False)
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who overrides the gate.", show_default=False)
    ] = "",
) -> None:
    r"""Deploy a published version by hand.

    The link workspace/registry/MODEL/champion then points to it. What the gate
    did not approve needs --override: a version, or the model of a rejected run.
    The reason and the name stay in the history for ever, and the list of
    versions shows them.

    [bold]Examples[/bold]

      alignment registry promote quickstart v2
      alignment registry promote quickstart 20260131 --override \
          --reason "Welsh is urgent" --by ana
    """
    from alignment.registry import Override

    decision = Override(reason, by) if override else None
    if decision is None and (reason or by):
        raise needs_override()
    if decision is not None and _is_run(version):
        from alignment.pipeline.override import deploy_refused

        promoted = deploy_refused(open_workspace(workspace), model, version, decision)
    else:
        promoted = open_registry(workspace, model).promote(version, decision)
    print_line(f"{promoted.name} is now the champion of {model}.")


@registry_app.command("rollback")
def rollback(
    model: ModelName = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION",
            help="Go back to this earlier deployment. Default: the previous one.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Deploy the version that was deployed before the current one.

    Run it again to go one deployment further back. A later run does not
    deploy the rolled-back version again; only `alignment registry promote`
    does.

    [bold]Examples[/bold]

      alignment rollback quickstart
      alignment rollback quickstart --to v1
    """
    registry = open_registry(workspace, model)
    restored = registry.rollback(to)
    print_line(f"{restored.name} is the champion of {registry.name} again.")


@registry_app.command("verify")
def verify(
    model: ModelName = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> int:
    """Read every published file and compare it with its checksum.

    Also checks the history and the link champion. Exit code 1 if something
    is damaged.

    [bold]Example[/bold]

      alignment registry verify
    """
    from alignment.registry import find_damage

    registry = open_registry(workspace, model)
    damage = find_damage(registry)
    for problem in damage:
        print_line(f"{problem.name}: {problem.where}: {problem.problem}")
    print_line(f"{len(registry.names())} versions of {registry.name}, {len(damage)} problems.")
    if not damage:
        return 0
    print_line(f"`alignment registry repair {registry.name}` sets aside what is damaged.")
    return 1


@registry_app.command("repair")
def repair(
    model: ModelName = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Set aside what is damaged, so that everything else works again.

    Damaged versions are moved to workspace/registry/MODEL/damaged. If the
    deployed version is damaged, the last good one is deployed.

    [bold]Example[/bold]

      alignment registry repair quickstart
    """
    from alignment.registry import repair as repair_registry

    registry = open_registry(workspace, model)
    for action in repair_registry(registry) or ["Nothing is damaged."]:
        print_line(action)


def _is_run(name: str) -> bool:
    """Names of runs start with the year, those of versions with a v."""
    return name[:1].isdigit()


def needs_override() -> Exception:
    """`--reason` or `--by` without `--override`."""
    from alignment.errors import ConfigError

    return ConfigError(
        "--reason and --by are for overriding the gate",
        where="alignment registry promote",
        hint="Add --override, or leave them out.",
    )


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
    names = [path.name for path in root.iterdir() if path.is_dir() and _has_versions(path)]
    return sorted(name for name in names if not name.startswith("."))


def _has_versions(path: Path) -> bool:
    """A model that the gate has always refused has a record of its attempts and nothing else."""
    from alignment.registry.attempts import ATTEMPTS

    names = {entry.name for entry in path.iterdir()}
    return ATTEMPTS not in names or not names <= {ATTEMPTS, ".lock"}


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
