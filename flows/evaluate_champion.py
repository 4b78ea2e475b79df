"""Measuring the deployed version once more, as a Prefect flow; it never deploys anything."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.task_runners import ThreadPoolTaskRunner

from alignment.config import load_config
from alignment.errors import Busy
from alignment.languages import name as language_name
from alignment.pipeline.champion_check import ChampionCheck, check_champion
from alignment.pipeline.runners import parallel_runner
from alignment.redaction import redact_logs
from flows.cancel import ending_if_cancelled
from flows.events import CHAMPION_DEGRADED, emit
from flows.log_lines import show_errors_in_one_line
from flows.run_names import parameters_of_run
from flows.runner import PrefectRunner
from flows.selection import refuse_secrets, run_workspace
from flows.tables import champion_table
from flows.tell import attempt, wait_for_server

WORKERS = 2


def _run_name() -> str:
    return f"evaluate {Path(str(parameters_of_run().get('config', 'champion'))).stem}"


@flow(
    name="align-evaluate-champion",
    flow_run_name=_run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
    validate_parameters=True,
    persist_result=False,
)
def evaluate_champion(
    config: str = "configs/quickstart.yaml",
    overrides: Sequence[str] = (),
    workspace: str = "workspace",
) -> State[Any]:
    """Measure the deployed version on the configuration's suites, and compare with its publication.

    The flow run ends as Completed, Degraded (a language has fallen significantly), Skipped (a run
    of the model is in progress) or Failed. Nothing is deployed or taken back.

    Args:
        config: Configuration file of the model.
        overrides: More configuration values, each as key=value.
        workspace: Directory or address of artifacts, models and reports.
    """
    redact_logs()
    show_errors_in_one_line()
    logging.getLogger("alignment").setLevel(logging.INFO)
    refuse_secrets(overrides)
    settings = load_config(Path(config), overrides)
    place = run_workspace(workspace, settings)
    if place.registry_of(settings).champion() is None:
        message = f"no version of {settings.name} is deployed, so there is nothing to measure"
        return State(type=StateType.COMPLETED, message=message)
    try:
        with ending_if_cancelled(), parallel_runner(settings, place) as parallel:
            check = check_champion(settings, place, PrefectRunner(parallel))
    except Busy as error:
        return State(type=StateType.COMPLETED, name="Skipped", message=str(error))
    message = summary(check)
    with get_client(sync_client=True) as client:
        if wait_for_server(client, message):
            attempt("the artifact champion", functools.partial(_write_table, check, message))
            if check.fallen:
                attempt("the event", functools.partial(_send_event, client, check, message))
    if check.fallen:
        return State(type=StateType.FAILED, name="Degraded", message=message)
    return State(type=StateType.COMPLETED, message=message)


def summary(check: ChampionCheck) -> str:
    """What the check says, in a sentence or two."""
    languages = len({row.language for row in check.rows})
    if not check.fallen:
        return (
            f"{check.version} of {check.model} is as good as when it was published, in all "
            f"{languages} languages, as far as these suites can tell"
        )
    fallen = ", ".join(language_name(code) for code in check.fallen)
    return (
        f"{check.version} of {check.model} has fallen in {fallen} since it was published. It stays "
        f"deployed. The table `champion` has the numbers; `alignment rollback {check.model}` goes "
        "back to the previous version"
    )


def _write_table(check: ChampionCheck, message: str) -> None:
    create_table_artifact(champion_table(check), key="champion", description=message)


def _send_event(client: SyncPrefectClient, check: ChampionCheck, message: str) -> None:
    payload = {"message": message, "champion": check.version, "languages": check.fallen}
    resource = f"alignment.model.{check.model}"
    emit(client, CHAMPION_DEGRADED, resource, check.model, payload)
