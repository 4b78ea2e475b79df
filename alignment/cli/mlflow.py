"""`alignment mlflow`: finished runs on an MLflow server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    RunName,
    WorkspacePlace,
    open_workspace,
    run_history,
)
from alignment.cli.output import print_line

if TYPE_CHECKING:
    from alignment.config import MlflowTracking
    from alignment.pipeline.history import RunRecord

mlflow_app = typer.Typer(
    no_args_is_help=True,
    help="""MLflow: log finished runs to a server.

    [bold]Example[/bold]

      alignment mlflow push
    """,
)


@mlflow_app.callback()
def _mlflow() -> None:
    """A callback, so that Typer keeps the name `push`: it drops that of an only command."""


@mlflow_app.command("push")
def push(
    run_name: RunName = "",
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The MLflow server. Default: that of the run's configuration.",
            show_default=False,
        ),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The experiment. Default: that of the run's configuration.",
            show_default=False,
        ),
    ] = None,
    registered_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The registered model that an approved version is added to. Default: that of the "
            "run's configuration.",
            show_default=False,
        ),
    ] = None,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Log a finished run to an MLflow server: parameters, curves, accuracy, verdict and report.

    An approved version is added to the registered model, and the alias champion
    is moved to the deployed version. A run that is logged already is not logged
    twice. Needs the extra mlflow.

    [bold]Examples[/bold]

      alignment mlflow push
      alignment mlflow push 20260131 --tracking-uri http://localhost:5000
    """
    from alignment.pipeline.deliver import log_to_mlflow, logged_in_words
    from alignment.pipeline.history import find_run
    from alignment.pipeline.replay import recorded_config

    record = find_run(run_history(workspace), run_name)
    changes = {
        "tracking_uri": tracking_uri,
        "experiment": experiment,
        "registered_model": registered_model,
    }
    settings = _settings(record, {key: value for key, value in changes.items() if value})
    opened = open_workspace(workspace)
    registry = opened.registry_of(recorded_config(record))
    logged = log_to_mlflow(opened, registry, record, settings)
    print_line(f"{record.summary.run}: {logged_in_words(logged)}")


def _settings(record: RunRecord, changes: dict[str, str]) -> MlflowTracking:
    """The run's section `mlflow` with the values of the options.

    Raises:
        ConfigError: if there is neither a section nor an address, or a value is not valid.
    """
    from alignment.config import MlflowTracking
    from alignment.config.sections import section
    from alignment.errors import ConfigError
    from alignment.pipeline.replay import recorded_config

    recorded = recorded_config(record).mlflow
    values = recorded.model_dump() if recorded is not None else {}
    if not values and "tracking_uri" not in changes:
        raise ConfigError(
            "the configuration of this run has no section `mlflow`",
            where=str(record.directory / "config.json"),
            hint="Pass --tracking-uri, such as --tracking-uri http://localhost:5000.",
        )
    return section(MlflowTracking, {**values, **changes}, "alignment mlflow push")
