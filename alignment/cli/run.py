"""`alignment run`: the whole pipeline in this process."""

from __future__ import annotations

import typer

from alignment.cli.exit_codes import REJECTED, WAITING
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspacePlace,
    open_workspace,
    read_config,
)


def run(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Run the pipeline: from corpora to a deployed model, or a rejection by the gate.

    Stages whose input has not changed are reused, so a second run finishes in
    seconds and an interrupted run continues where it stopped. Exit code 3: the
    gate rejected the new model, and nothing was deployed. Exit code 4: the gate
    approved it, and `gate.approval: manual` asks for a person; the last line is
    the command with which that person deploys it.

    [bold]Examples[/bold]

      alignment run configs/quickstart.yaml
      alignment run configs/quickstart.yaml --set train.steps=300 --offline
    """
    from alignment.cli.display.alignment import print_alignment
    from alignment.cli.display.results import print_outcome
    from alignment.cli.output import print_line
    from alignment.cli.runner import console_runner
    from alignment.pipeline.approval import promote_command
    from alignment.pipeline.run import run_pipeline
    from alignment.types import Rejected

    settings = read_config(config, overrides)
    place = open_workspace(workspace, offline=offline, config=settings)
    with console_runner(settings, place) as runner:
        outcome = run_pipeline(settings, place, runner, on_step=runner.on_step)
    print_alignment(outcome.summary.alignment)
    print_outcome(outcome.summary, outcome.directory)
    if isinstance(outcome.verdict, Rejected):
        raise typer.Exit(REJECTED)
    if outcome.version is not None and outcome.waiting:
        print_line(f"To deploy it: {promote_command(place, settings, outcome.version.name)}")
        raise typer.Exit(WAITING)
