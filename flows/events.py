"""Events of the pipeline, which automations of Prefect can act on.

| event | when | resource |
|---|---|---|
| `alignment.run.finished` | a run has ended with a verdict | `alignment.model.NAME` |
| `alignment.gate.rejected` | the gate rejected the model | `alignment.model.NAME` |
| `alignment.champion.changed` | another version is deployed | `alignment.model.NAME` |
| `alignment.champion.degraded` | the deployed version has fallen | `alignment.model.NAME` |
| `alignment.approval.requested` | a version waits for a person | `alignment.model.NAME` |
| `alignment.approval.expired` | nobody approved it in time | `prefect.flow-run.ID` |
| `alignment.run.lost` | a run died without a word, and was ended | `prefect.flow-run.ID` |
| `alignment.schedule.stalled` | no run has finished in time | `prefect.deployment.ID` |
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping

from prefect.client.orchestration import SyncPrefectClient, get_client

RUN_FINISHED = "alignment.run.finished"
GATE_REJECTED = "alignment.gate.rejected"
CHAMPION_CHANGED = "alignment.champion.changed"
CHAMPION_DEGRADED = "alignment.champion.degraded"
APPROVAL_REQUESTED = "alignment.approval.requested"
APPROVAL_EXPIRED = "alignment.approval.expired"
RUN_LOST = "alignment.run.lost"
SCHEDULE_STALLED = "alignment.schedule.stalled"
ALARMS = (
    GATE_REJECTED,
    CHAMPION_DEGRADED,
    APPROVAL_REQUESTED,
    APPROVAL_EXPIRED,
    RUN_LOST,
    SCHEDULE_STALLED,
)
"""Those that somebody must hear of."""
CORPUS_UPDATED = "corpus.updated"
"""Sent by others: there is new text, so a run is worth its time."""


def emit(
    client: SyncPrefectClient,
    event: str,
    resource: str,
    name: str,
    payload: Mapping[str, object],
) -> None:
    """Send one event, and return when the server has it.

    Prefect's own `emit_event` sends from a queue, which a process that ends can lose.

    Args:
        client: A client of the server.
        event: One of the names above.
        resource: Id of what it is about.
        name: Name of what it is about.
        payload: What a message may want to say.

    Raises:
        httpx.HTTPError: if the server cannot be reached or refuses it.
    """
    body = {
        "id": str(uuid.uuid4()),
        "occurred": datetime.datetime.now(datetime.UTC).isoformat(),
        "event": event,
        "resource": {"prefect.resource.id": resource, "prefect.resource.name": name},
        "payload": dict(payload),
    }
    client.request("POST", "/events", json=[body]).raise_for_status()


def announce_champion(model: str, champion: str, previous: str | None, message: str) -> None:
    """Send the event that a person has deployed another version.

    Args:
        model: Name of the model.
        champion: The version that is deployed now.
        previous: The version that was deployed before, if any.
        message: Who has done it, and why.

    Raises:
        httpx.HTTPError: if the server cannot be reached or refuses it.
    """
    payload = {"message": message, "champion": champion, "previous": previous}
    with get_client(sync_client=True) as client:
        emit(client, CHAMPION_CHANGED, f"alignment.model.{model}", model, payload)
