"""`alignment registry diff`, `gc`, `pin`: compare versions, and delete those nobody needs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from alignment.cli.models import open_registry
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    DeployedToo,
    ModelName,
    RegistryPlace,
    WorkspacePlace,
)
from alignment.cli.output import print_line

Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="The `name` of the configuration.", show_default=False),
]
VersionName = Annotated[
    str,
    typer.Argument(metavar="VERSION", help="A version, such as v2.", show_default=False),
]


def diff(
    model: Model,
    a: Annotated[
        str,
        typer.Argument(metavar="A", help="A version such as v2, or an alias.", show_default=False),
    ],
    b: Annotated[
        str,
        typer.Argument(metavar="B", help="The version to compare it with.", show_default=False),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """Show what differs between two published versions.

    Data, configuration, code, packages, licenses, files, and the accuracy of
    each language. Accuracies on different pairs are not subtracted.

    [bold]Examples[/bold]

      alignment registry diff quickstart previous champion
      alignment registry diff quickstart v1 v2 --json
    """
    from alignment.cli.display.versions import print_comparison
    from alignment.registry import compare_versions

    versions = open_registry(workspace, model, registry)
    comparison = compare_versions(versions.get(a), versions.get(b))
    if as_json:
        print_line(json.dumps(comparison.to_json(), indent=2, ensure_ascii=False))
    else:
        print_comparison(comparison)


def gc(
    model: ModelName = None,
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="Keep the newest N versions.")] = 5,
    older_than: Annotated[
        float,
        typer.Option(min=0, metavar="DAYS", help="Keep what was published in the last DAYS days."),
    ] = 30,
    deployed: DeployedToo = False,
    delete: Annotated[
        bool,
        typer.Option("--delete/--dry-run", help="Delete them. By default they are only listed."),
    ] = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """List the versions that nobody needs; with --delete, delete them.

    Kept are the champion, the previous one, the challenger, pinned versions,
    the newest ones, young ones, and all that were ever deployed unless
    --deployed is given. A deleted version leaves its manifest, and its number
    is not used again.

    [bold]Examples[/bold]

      alignment registry gc quickstart
      alignment registry gc quickstart --keep 3 --older-than 7 --delete
    """
    from alignment.cli.display.versions import print_plan
    from alignment.registry import Rules, collect_versions, plan_cleanup

    versions = open_registry(workspace, model, registry)
    rules = Rules(keep, older_than, deployed)
    plan = collect_versions(versions, rules) if delete else plan_cleanup(versions, rules)
    print_plan(plan, versions.name, deleted=delete)


def pin(
    model: Model,
    version: VersionName,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """Keep a version: `alignment registry gc` does not delete it.

    [bold]Example[/bold]

      alignment registry pin quickstart v2
    """
    pinned = open_registry(workspace, model, registry).pin(version, keep=True)
    print_line(f"{pinned.name} of {model} is kept until `alignment registry unpin`.")


def unpin(
    model: Model,
    version: VersionName,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    registry: RegistryPlace = "",
) -> None:
    """Do not keep a version any longer that was pinned.

    [bold]Example[/bold]

      alignment registry unpin quickstart v2
    """
    unpinned = open_registry(workspace, model, registry).pin(version, keep=False)
    print_line(f"{unpinned.name} of {model} is not pinned.")
