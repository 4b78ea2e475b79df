"""The name of a flow run: what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException

MOST_CODES = 6
"""More languages than these are counted, not named."""


def run_name() -> str:
    """The name of the flow run in progress, such as `retrain cy,fi 300 steps`."""
    parameters = parameters_of_run()
    deployment = _deployment(FlowRunContext.get())
    if deployment is None:
        return described(parameters)
    return described(parameters, deployment.name, deployment.parameters.get("config"))


def parameters_of_run() -> Mapping[str, Any]:
    """The parameters of the flow run in progress; none outside of one."""
    context = FlowRunContext.get()
    return (context.parameters if context else None) or {}


def described(
    parameters: Mapping[str, Any], deployment: str | None = None, usual: str | None = None
) -> str:
    """What the parameters of a run ask for.

    Args:
        parameters: Of the run.
        deployment: Name of its deployment, if any.
        usual: The configuration of the deployment, which needs no mention.

    >>> described({"config": "configs/a.yaml", "languages": ["cy"], "steps": 9}, "retrain")
    'retrain a cy 9 steps'
    """
    config = str(parameters.get("config", "run"))
    asked = [deployment] if deployment else []
    if config != usual and deployment != Path(config).stem:
        asked.append(Path(config).stem)
    languages = [code.strip() for code in parameters.get("languages") or ()]
    if len(languages) > MOST_CODES:
        asked.append(f"{len(languages)} languages")
    elif languages:
        asked.append(",".join(languages))
    if parameters.get("loss"):
        asked.append(parameters["loss"])
    if parameters.get("steps") is not None:
        asked.append(f"{parameters['steps']} steps")
    if parameters.get("dry_run"):
        asked.append("dry run")
    return " ".join(asked)


def _deployment(context: FlowRunContext | None) -> DeploymentResponse | None:
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return None
    try:
        with get_client(sync_client=True) as client:
            return client.read_deployment(context.flow_run.deployment_id)
    except (httpx.HTTPError, PrefectException):
        return None  # a name is not worth a failure
