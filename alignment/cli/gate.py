"""`alignment gate`: decisions of the gate, made again."""

from __future__ import annotations

import typer

from alignment.cli.exit_codes import REJECTED
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Overrides,
    RunName,
    WorkspacePlace,
    open_workspace,
)

gate_app = typer.Typer(
    no_args_is_help=True,
    help="""The quality gate: decide again about a finished run.

    [bold]Examples[/bold]

      alignment gate replay
      alignment gate replay 20260131 --set gate.margin=0.02
    """,
)


@gate_app.callback()
def _gate() -> None:
    """A callback, so that Typer keeps the name `replay`: it drops that of an only command."""


@gate_app.command("replay")
def replay(
    run_name: RunName = "",
    overrides: Overrides = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> int:
    """Decide again about a finished run, with other settings of the gate.

    Reads the stored outcome of every query, so no model is needed and it takes
    seconds. Nothing is stored and nothing is deployed. Exit code 3: the gate
    would reject the model.

    [bold]Examples[/bold]

      alignment gate replay
      alignment gate replay 20260131 --set gate.margin=0.02
      alignment gate replay --set gate.underpowered=pool
      alignment gate replay --set languages.cy.gate.floor=0.8
    """
    from alignment.cli.display.replay import print_replay
    from alignment.pipeline.replay import replay as decide_again
    from alignment.types import Rejected

    decision = decide_again(open_workspace(workspace), run_name, overrides or [])
    print_replay(decision)
    return REJECTED if isinstance(decision.verdict, Rejected) else 0
