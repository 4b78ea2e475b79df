"""`python -m flows.deploy`: work pool, deployments of prefect.yaml and alarms, on a running server.

What an operator has paused stays paused. Of the runs that are late after an outage, only the newest
of each schedule is left. `ALIGNMENT_JOB_TEMPLATE`, a file, makes the work pool one of Kubernetes,
whose runs are Jobs by this template (see deploy/kubernetes); otherwise runs are processes of the
worker.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.responses import DeploymentResponse

from alignment.errors import ConfigError
from flows.automations import install_alarms, install_retrain_on_update
from flows.form import renew_forms
from flows.scheduled import cancel_late_runs
from flows.server import api_address, our_deployments
from flows.versions import refuse_versions_that_never_schedule

POOL = "alignment"
JOB_TEMPLATE = "ALIGNMENT_JOB_TEMPLATE"
RETRAIN = "retrain"
_PAGE = 200


class _Paused(NamedTuple):
    """What an operator has paused, by name of deployment."""

    deployments: frozenset[str]
    schedules: frozenset[tuple[str, str]]
    """Deployment and slug."""


def deploy(directory: Path) -> None:
    """Register everything with the server of `PREFECT_API_URL`.

    Args:
        directory: Where `prefect.yaml` is.

    Raises:
        subprocess.CalledProcessError: if Prefect refuses it; it has said why.
        ConfigError: if the alarms go to a block that does not exist, or the job template does not,
            or if the installed server would never start a scheduled run.
    """
    refuse_versions_that_never_schedule()
    with get_client(sync_client=True) as client:
        before = _paused(client)
        pool = ("work-pool", "create", POOL, "--overwrite", *_pool_options())
        for arguments in (pool, ("deploy", "--all")):
            command = (sys.executable, "-m", "prefect", "--no-prompt", *arguments)
            subprocess.run(command, cwd=directory, check=True)
        _pause(client, before)
        renew_forms(client, directory)
        # Before a worker is there, which would take them all.
        cancel_late_runs(client, datetime.datetime.now(datetime.UTC))
        install_alarms(client)
        for deployment in our_deployments(client):
            if deployment.name == RETRAIN:
                install_retrain_on_update(client, deployment.id)


def _pool_options() -> tuple[str, ...]:
    template = os.environ.get(JOB_TEMPLATE, "")
    if not template:
        return ("--type", "process")
    if not Path(template).is_file():
        raise ConfigError(
            f"got {template!r}, expected the file of a base job template",
            where=JOB_TEMPLATE,
            hint="deploy/kubernetes/base-job-template.json is one.",
        )
    return ("--type", "kubernetes", "--base-job-template", template)


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    """Those of all flows: a project may deploy its own, too."""
    return client.read_deployments(limit=_PAGE)


def _paused(client: SyncPrefectClient) -> _Paused:
    deployments = set()
    schedules = set()
    for deployment in _deployments(client):
        if deployment.paused:
            deployments.add(deployment.name)
        for schedule in deployment.schedules:
            if not schedule.active and schedule.slug:
                schedules.add((deployment.name, schedule.slug))
    return _Paused(frozenset(deployments), frozenset(schedules))


def _pause(client: SyncPrefectClient, before: _Paused) -> None:
    """`prefect deploy` activates every schedule that prefect.yaml has as active."""
    for deployment in _deployments(client):
        if deployment.name in before.deployments and not deployment.paused:
            client.pause_deployment(deployment.id)
        for schedule in deployment.schedules:
            if schedule.active and (deployment.name, schedule.slug) in before.schedules:
                client.update_deployment_schedule(deployment.id, schedule.id, active=False)


if __name__ == "__main__":
    import logging

    from alignment.cli.exit_codes import exit_code_of

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request

    def main() -> int:
        """Deploy from the directory of this checkout."""
        api_address()
        deploy(Path(__file__).resolve().parent.parent)
        return 0

    sys.exit(exit_code_of(main))
