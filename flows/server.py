"""A Prefect server that somebody else has started, and that others may use as well."""

from __future__ import annotations

import os

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import PrefectException

from alignment.errors import ConfigError

FLOWS = ["align", "align-evaluate-champion", "align-promote", "align-rollback"]
"""Names of our flows."""
FAILURES = (httpx.HTTPError, PrefectException, OSError, ValueError, KeyError)
"""Of a server that is away, that refuses something, or whose answer makes no sense."""
_MOST_DEPLOYMENTS = 200


def api_address() -> str:
    """The address in `PREFECT_API_URL`. Without one, Prefect would start a server of its own.

    Raises:
        ConfigError: if there is none.
    """
    address = os.environ.get("PREFECT_API_URL", "")
    if not address:
        hint = "Set it to the address of the server, such as http://127.0.0.1:4200/api"
        raise ConfigError("got nothing, expected an address", where="PREFECT_API_URL", hint=hint)
    return address


def our_flows() -> FlowFilter:
    """Chooses what belongs to our flows; on a team's server there are others."""
    return FlowFilter(name=FlowFilterName(any_=FLOWS))


def our_deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    """The deployments of our flows.

    Args:
        client: A client of the server.

    Raises:
        httpx.HTTPError: if the server cannot be reached.
    """
    return client.read_deployments(flow_filter=our_flows(), limit=_MOST_DEPLOYMENTS)
