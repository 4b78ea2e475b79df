"""`alignment deploy`: the deployments and alarms of a project, on a Prefect server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from alignment.errors import ConfigError


def deploy(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The project: the directory of prefect.yaml.")
    ] = Path(),
) -> None:
    """Register a project's deployments and alarms with a Prefect server.

    The server is the one at PREFECT_API_URL. Deployments that exist are renewed;
    what is paused stays paused. ALIGNMENT_ALARM_WEBHOOK, ALIGNMENT_ALARM_EMAIL
    and ALIGNMENT_ALARM_BLOCK say where alarms go. `python -m flows.serve` starts
    a server and a worker and does the same.

    [bold]Examples[/bold]

      alignment deploy
      alignment deploy my-project
    """
    project = directory.resolve()
    for name in ("prefect.yaml", "flows/deploy.py"):
        if not (project / name).is_file():
            raise ConfigError(
                f"there is no {name}, so this is no project",
                where=str(project),
                hint="Go to a directory that `alignment init` has filled, or name it.",
            )
    # Prefect is needed by the flows of the project only, so they run in a process of their own.
    done = subprocess.run((sys.executable, "-m", "flows.deploy"), cwd=project, check=False)
    raise typer.Exit(done.returncode)
