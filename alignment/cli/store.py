"""`alignment store`: the stored results of the stages."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, WorkspacePlace, open_workspace
from alignment.cli.output import print_line

store_app = typer.Typer(
    no_args_is_help=True,
    help="""Stored results of the stages: check them, delete what is not needed.

    They are in workspace/store. A run reuses a result if the stage, its
    settings and its inputs are the same.

    [bold]Examples[/bold]

      alignment store verify
      alignment store gc --dry-run
    """,
)


@store_app.command("verify")
def verify(workspace: WorkspacePlace = DEFAULT_WORKSPACE) -> int:
    """Read every stored result and compare it with its checksums.

    Exit code 1 if something is damaged. The next run builds it again.

    [bold]Example[/bold]

      alignment store verify
    """
    from alignment.store import verify_all

    damaged = 0
    total = 0
    for checked in verify_all(open_workspace(workspace).store):
        total += 1
        if checked.problem is not None:
            damaged += 1
            print_line(checked.problem)
    print_line(f"{total} artifacts, {damaged} damaged.")
    if not damaged:
        return 0
    print_line("The next run builds the damaged ones again.")
    return 1


@store_app.command("gc")
def gc(
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    keep_runs: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Keep what the last N runs used."),
    ] = 10,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be deleted.")
    ] = False,
) -> None:
    """Delete stored results that no recent run used, and what killed runs left.

    Kept are the newest result of each stage and language, what a published
    version was made from, and all results of the runs that published the
    champion and the other versions with an alias. Published models are not
    touched. `alignment gc` deletes old versions and runs, too.

    [bold]Examples[/bold]

      alignment store gc --dry-run
      alignment store gc --keep-runs 3
    """
    from alignment.pipeline.cleanup import collect_garbage

    freed = collect_garbage(open_workspace(workspace), keep_runs=keep_runs, dry_run=dry_run)
    if dry_run:
        for path in freed.paths:
            print_line(str(path))
    verb = "would be deleted" if dry_run else "deleted"
    print_line(f"{len(freed.paths)} files and directories {verb}, {freed.bytes / 1e6:,.1f} MB.")
