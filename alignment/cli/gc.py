"""`alignment gc`: delete what nothing refers to, in the whole workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, DeployedToo, RegistryPlace, WorkspacePlace
from alignment.cli.output import print_line

_SHOWN = 10


def gc(
    keep: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Keep the newest N runs, with all they used."),
    ] = 10,
    keep_versions: Annotated[
        int, typer.Option(min=1, metavar="N", help="Keep the newest N versions of each model.")
    ] = 5,
    older_than: Annotated[
        float,
        typer.Option(min=0, metavar="DAYS", help="Keep versions and runs of the last DAYS days."),
    ] = 30,
    deployed: DeployedToo = False,
    delete: Annotated[
        bool,
        typer.Option("--delete/--dry-run", help="Delete it. By default it is only listed."),
    ] = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """List what a workspace no longer needs; with --delete, delete it.

    Versions as `alignment registry gc` does, records of old runs, artifacts and
    unfinished work as `alignment store gc` does, and old tracebacks. Never
    deleted is a version with an alias or a pin, and what an existing version
    refers to: the record of its run, and what it was made from.

    `python -m flows.gc` does the same for the database of the Prefect server.

    [bold]Examples[/bold]

      alignment gc
      alignment gc --keep 5 --older-than 14 --delete
    """
    from alignment.cli.models import workspace_with
    from alignment.pipeline.upkeep import Retention, collect_workspace

    retention = Retention(keep, keep_versions, older_than, deployed)
    place = workspace_with(workspace, registry)
    removals = collect_workspace(place, retention, dry_run=not delete)
    verb = "deleted" if delete else "would be deleted"
    for removal in removals:
        print_line(f"{removal.kind}: {len(removal.names)} {verb}, {removal.bytes / 1e6:,.1f} MB")
        for name in removal.names[:_SHOWN]:
            print_line(f"  {name}")
        if len(removal.names) > _SHOWN:
            print_line(f"  and {len(removal.names) - _SHOWN} more")
    total = sum(removal.bytes for removal in removals)
    print_line(f"{total / 1e6:,.1f} MB {verb}.")
    if total and not delete:
        print_line("Add --delete to delete it.")
