"""`alignment explain`: what an artifact was built from, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, WorkspacePlace, open_workspace


def explain(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY",
            help="Key of an artifact, or how it starts; [bold]alignment show[/bold] lists them.",
            show_default=False,
        ),
    ],
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    check: Annotated[
        bool,
        typer.Option("--verify", help="Also read every file and compare it with its checksum."),
    ] = False,
) -> None:
    """Show what an artifact was built from, and why its stage ran instead of being reused.

    An artifact is the stored output of a stage. A later run reuses it if the
    stage, its settings and its inputs are the same.

    [bold]Examples[/bold]

      alignment explain 3f2a9c
      alignment explain 3f2a9c --verify
    """
    from alignment.cli.display.lineage import print_lineage
    from alignment.store import verify

    store = open_workspace(workspace).store
    artifact = store.get(key)
    if check:
        verify(artifact)
    print_lineage(store, artifact)
