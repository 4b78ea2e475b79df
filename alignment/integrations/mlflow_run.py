"""Log a finished run to an MLflow server, and register its version if the gate approved it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from alignment.config import MlflowTracking
from alignment.errors import ConfigError
from alignment.integrations.mlflow_client import connect, explained
from alignment.integrations.mlflow_contents import (
    WORK,
    Point,
    curves,
    identity,
    parameters,
    scores,
    tags,
)
from alignment.integrations.mlflow_models import align_alias, register
from alignment.redaction import redacted_address
from alignment.registry import Version
from alignment.report.summary import Summary
from alignment.types import StepMetrics

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

METRICS_PER_REQUEST = 1000
PARAMETERS_PER_REQUEST = 100
FINISHED = "FINISHED"
_TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""Shows the pages for training, not those for language models and agents."""
T = TypeVar("T")


@dataclass(frozen=True)
class RunToLog:
    """A finished run, as its record has it."""

    summary: Summary
    config: Mapping[str, Any]
    """The content of `config.json`."""
    steps: Sequence[StepMetrics]
    """The training; empty if its artifact was deleted."""
    files: Sequence[Path]
    """Of the record: they become artifacts."""
    version: Version | None
    """What the run published."""
    champion: Version | None
    """The deployed version now."""


@dataclass(frozen=True)
class LoggedRun:
    """Where a run is on the server."""

    address: str
    created: bool
    """False if the same work had been logged before."""
    model_version: str | None = None
    """Number of the model version that was registered now; None if there was nothing to do."""


def log_run(run: RunToLog, settings: MlflowTracking, *, retry: str) -> LoggedRun:
    """Log a run, unless a run of the same work is there; then bring the model registry up to date.

    A run that an earlier attempt left unfinished is deleted and logged again.

    Args:
        run: What to log.
        settings: The server, the experiment and the registered model.
        retry: The command that sends the run later, for messages.

    Raises:
        ConfigError: if the extra is not installed, the user is not accepted, or the experiment was
            deleted.
        Unavailable: if the server cannot be reached.
        RegistryError: if it refuses what is sent.
        Corrupt: if a file of the version has changed since it was published.
    """
    with explained(settings.tracking_uri, retry):
        client = connect(settings.tracking_uri)
        experiment = _experiment(client, settings, run.summary.name)
        logged = _find(client, experiment, run.summary)
        created = logged is None
        if logged is None:
            logged = _log(client, experiment, run)
        number = None
        if settings.registered_model is not None:
            if run.version is not None:
                number = register(client, settings.registered_model, run.version, logged)
            align_alias(client, settings.registered_model, run.champion)
        return LoggedRun(_address(settings, experiment, logged), created, number)


def _experiment(client: MlflowClient, settings: MlflowTracking, model: str) -> str:
    """The id of the experiment, which is created if it does not exist."""
    name = settings.experiment or model
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return str(client.create_experiment(name, tags=_TRAINING))
    if experiment.lifecycle_stage == "deleted":
        raise ConfigError(
            f"the experiment {name!r} was deleted",
            where=redacted_address(settings.tracking_uri),
            hint="Restore it on the server with "
            f"`mlflow experiments restore -x {experiment.experiment_id}`, or set another "
            "`mlflow.experiment`.",
        )
    return str(experiment.experiment_id)


def _find(client: MlflowClient, experiment: str, summary: Summary) -> Run | None:
    """The whole MLflow run of the same work; those that were left unfinished are deleted."""
    runs = client.search_runs([experiment], f"tags.`{WORK}` = '{identity(summary)}'")
    whole = None
    for run in runs:
        if run.info.status == FINISHED:
            whole = whole or run
        else:
            client.delete_run(run.info.run_id)
    return whole


def _log(client: MlflowClient, experiment: str, run: RunToLog) -> Run:
    summary = run.summary
    started = datetime.datetime.fromisoformat(summary.started)
    start = int(started.timestamp() * 1000)
    end = start + int(summary.seconds * 1000)
    logged = client.create_run(
        experiment, start_time=start, tags=tags(summary), run_name=summary.run
    )
    identifier = logged.info.run_id
    _log_parameters(client, identifier, parameters(run.config))
    _log_points(client, identifier, [*curves(run.steps), *scores(summary)], end)
    for path in run.files:
        client.log_artifact(identifier, str(path))
    client.set_terminated(identifier, FINISHED, end)
    return logged


def _log_parameters(client: MlflowClient, run: str, values: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    params = [Param(key, value) for key, value in values.items()]
    for part in _parts(params, PARAMETERS_PER_REQUEST):
        client.log_batch(run, params=part, synchronous=True)


def _log_points(client: MlflowClient, run: str, points: Sequence[Point], time: int) -> None:
    from mlflow.entities import Metric

    metrics = [Metric(point.name, point.value, time, point.step) for point in points]
    for part in _parts(metrics, METRICS_PER_REQUEST):
        client.log_batch(run, metrics=part, synchronous=True)


def _parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _address(settings: MlflowTracking, experiment: str, run: Run) -> str:
    """The page of the run."""
    server = redacted_address(settings.tracking_uri).rstrip("/")
    return f"{server}/#/experiments/{experiment}/runs/{run.info.run_id}"
