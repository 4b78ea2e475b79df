"""`alignment registry`: published versions of a model, and which one is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.models import open_registry, workspace_with
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    By,
    ModelName,
    Reason,
    RegistryPlace,
    WorkspacePlace,
)
from alignment.cli.output import print_line
from alignment.cli.registry_upkeep import diff, gc, pin, unpin

if TYPE_CHECKING:
    from alignment.registry import Decision

registry_app = typer.Typer(
    no_args_is_help=True,
    help="""Published versions of a model: list them, deploy one, go back.

    The deployed version is called the champion, the newest one that was not
    deployed yet the challenger, and the one before the champion previous. The
    files are in workspace/registry/MODEL/champion, or in the bucket that
    --registry or ALIGNMENT_REGISTRY names.

    [bold]Examples[/bold]

      alignment registry list
      alignment registry list --registry s3://bucket/prefix
      alignment registry promote quickstart v2
      alignment registry rollback
      alignment registry diff quickstart v1 v2
      alignment registry verify
    """,
)


@registry_app.command("list")
def list_versions(
    model: ModelName = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """List the published versions with their aliases and their accuracy.

    The deployed version is the champion. The accuracy is the mean over the
    languages when the version was published.

    [bold]Example[/bold]

      alignment registry list
    """
    from alignment.cli.display.versions import print_versions

    print_versions(open_registry(workspace, model, registry))


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
            help="The version to deploy, such as v2, or challenger. With --override also the name "
            "of a run that the gate rejected.",
            show_default=False,
        ),
    ],
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
    override: Annotated[
        bool,
        typer.Option(
            "--override",
            help="Deploy it although the gate did not approve it. Needs --reason and --by.",
        ),
    ] = False,
    reason: Reason = "",
    by: By = "",
) -> None:
    r"""Deploy a published version by hand.

    The link workspace/registry/MODEL/champion then points to it. What the gate
    did not approve needs --override: a version, or the model of a rejected run.
    The reason and the name stay in the history for ever, and the list of
    versions shows them.

    [bold]Examples[/bold]

      alignment registry promote quickstart v2
      alignment registry promote quickstart v2 --reason "reads well" --by ana
      alignment registry promote quickstart 20260131 --override \
          --reason "Welsh is urgent" --by ana
    """
    from alignment.registry import Override

    if override and _is_run(version):
        from alignment.pipeline.override import deploy_refused

        place = workspace_with(workspace, registry)
        promoted = deploy_refused(place, model, version, Override(reason, by))
    else:
        signed = Override(reason, by) if override else _decision(reason, by)
        promoted = open_registry(workspace, model, registry).promote(version, signed)
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
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
    reason: Reason = "",
    by: By = "",
) -> None:
    """Deploy the version that was deployed before the current one.

    Run it again to go one deployment further back. A later run does not
    deploy the rolled-back version again; only `alignment registry promote`
    does.

    [bold]Examples[/bold]

      alignment rollback quickstart
      alignment rollback quickstart --to v1
    """
    versions = open_registry(workspace, model, registry)
    restored = versions.rollback(to, _decision(reason, by))
    print_line(f"{restored.name} is the champion of {versions.name} again.")


@registry_app.command("verify")
def verify(
    model: ModelName = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> int:
    """Read every published file and compare it with its checksum.

    Also checks the history and the link champion. Exit code 1 if something
    is damaged.

    [bold]Example[/bold]

      alignment registry verify
    """
    from alignment.registry import find_damage

    versions = open_registry(workspace, model, registry)
    damage = find_damage(versions)
    for problem in damage:
        print_line(f"{problem.name}: {problem.where}: {problem.problem}")
    print_line(f"{len(versions.names())} versions of {versions.name}, {len(damage)} problems.")
    if not damage:
        return 0
    print_line(f"`alignment registry repair {versions.name}` sets aside what is damaged.")
    return 1


@registry_app.command("repair")
def repair(
    model: ModelName = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """Set aside what is damaged, so that everything else works again.

    Damaged versions are moved to workspace/registry/MODEL/damaged; in a bucket,
    where nothing is moved, they are left out. If the deployed version is
    damaged, the last good one is deployed.

    [bold]Example[/bold]

      alignment registry repair quickstart
    """
    from alignment.registry import repair as repair_registry

    versions = open_registry(workspace, model, registry)
    for action in repair_registry(versions) or ["Nothing is damaged."]:
        print_line(action)


def _is_run(name: str) -> bool:
    """Names of runs start with the year, those of versions with a v."""
    return name[:1].isdigit()


def _decision(reason: str, by: str) -> Decision | None:
    """Who decides it, and why, if either was given."""
    from alignment.registry import Decision

    return Decision(reason, by) if reason or by else None


registry_app.command("diff")(diff)
registry_app.command("gc")(gc)
registry_app.command("pin")(pin)
registry_app.command("unpin")(unpin)
