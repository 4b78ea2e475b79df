"""`alignment show`: the result of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, RunName, WorkspacePlace, run_history
from alignment.cli.output import write_json_text


def show(
    run_name: RunName = "",
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the run's summary.json instead.")
    ] = False,
) -> None:
    """Show a run: its verdict, accuracy before and after, and the keys of its artifacts.

    The report with plots is workspace/runs/RUN/report.html.

    [bold]Examples[/bold]

      alignment show
      alignment show 20260131
      alignment show --json | jq .mean
    """
    from alignment.cli.display.alignment import print_alignment
    from alignment.cli.display.results import print_outcome, print_stages
    from alignment.cli.display.semantic import print_semantic
    from alignment.pipeline.history import find_run

    record = find_run(run_history(workspace), run_name)
    if as_json:
        write_json_text(record.summary.model_dump(mode="json"), indent=2)
        return
    print_stages(record.summary)
    print_alignment(record.summary.alignment)
    print_semantic(record.summary.semantic)
    print_outcome(record.summary, record.directory)
