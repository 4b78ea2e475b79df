"""`alignment plan`: what a run will take, before it is started."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Overrides,
    WorkspacePlace,
    open_workspace,
    read_config,
)


def plan(
    config: ConfigFile,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the plan as JSON instead.")
    ] = False,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Estimate rows, minutes, disk and memory of a run, without fetching anything.

    Rows come from earlier runs in the workspace, from the sizes of local files
    and from max_pairs; what nothing tells is shown as unknown. Rates come from
    the latest runs in the workspace, or are defaults. Every stage counts as if
    nothing could be reused. Warnings say what will not fit; a run logs them too.

    [bold]Examples[/bold]

      alignment plan configs/quickstart.yaml
      alignment plan configs/quickstart.yaml --set train.batch_tokens=16384
      alignment plan configs/quickstart.yaml --json
    """
    from alignment.cli.display.plan import plan_as_json, print_plan
    from alignment.cli.output import write_json_text
    from alignment.pipeline.plan import make_plan

    settings = read_config(config, overrides)
    result = make_plan(settings, open_workspace(workspace, config=settings))
    if as_json:
        write_json_text(plan_as_json(result), indent=2)
    else:
        print_plan(result)
