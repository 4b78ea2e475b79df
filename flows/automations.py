"""Automations of the Prefect server as code: alarms, and a run when new text has arrived.

Where alarms go is in three environment variables; all that are set get all alarms.
`ALIGNMENT_ALARM_WEBHOOK` is an address that gets a POST with JSON. `ALIGNMENT_ALARM_EMAIL` is a
mail server with a recipient. `ALIGNMENT_ALARM_BLOCK` is a notification block of the server, such as
`slack-webhook/operations`. `ALIGNMENT_RETRAIN_ON_UPDATE=1` lets the event `corpus.updated` start
`retrain`.
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import ActionTypes, CallWebhook, RunDeployment, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound
from prefect.types import SecretDict
from pydantic import SecretStr

from alignment.errors import ConfigError
from flows.alarm import EMAIL, WEBHOOK, mail_block
from flows.events import ALARMS, CORPUS_UPDATED
from flows.server import FLOWS

BLOCK = "ALIGNMENT_ALARM_BLOCK"
RETRAIN = "ALIGNMENT_RETRAIN_ON_UPDATE"
_RETRAIN_NAME = "alignment: retrain on corpus.updated"
_WEBHOOK_BLOCK = "alignment-alarm"
_EMAIL_BLOCK = "alignment-alarm-email"
_SUBJECT = "alignment: {{ event.event }} {{ event.resource.name }}"
_BODY = "{{ event.payload.message }}"
_JSON = (
    '{"event": {{ event.event | tojson }}, "name": {{ event.resource.name | tojson }}, '
    '"occurred": {{ event.occurred | string | tojson }}, "details": {{ event.payload | tojson }}}'
)
logger = logging.getLogger("alignment.deploy")


def install_alarms(client: SyncPrefectClient) -> bool:
    """Create or renew the automations; returns whether there is somewhere to send alarms to.

    Raises:
        ConfigError: if the notification block does not exist, or the mail server is none.
    """
    actions = _actions(client)
    if not actions:
        logger.warning(
            "no alarm is set up, so nobody hears of a rejection or of a schedule that has stopped; "
            "set %s, %s or %s and start again",
            WEBHOOK,
            EMAIL,
            BLOCK,
        )
        return False
    for automation in _automations(actions):
        _install(client, automation)
    return True


def install_retrain_on_update(client: SyncPrefectClient, deployment: UUID) -> bool:
    """Let the event `corpus.updated` start a deployment, if `ALIGNMENT_RETRAIN_ON_UPDATE` is set.

    Without it, or with `0`, the automation is deleted. Returns whether it is installed.

    Args:
        client: A client of the server.
        deployment: Id of the deployment, such as that of `retrain`.
    """
    if os.environ.get(RETRAIN, "0") in ("", "0"):
        for old in client.read_automations_by_name(_RETRAIN_NAME):
            client.delete_automation(old.id)
        return False
    updated = EventTrigger(
        expect={CORPUS_UPDATED},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    start = RunDeployment(
        source="selected",
        deployment_id=deployment,
        parameters={"reason": f"the event {CORPUS_UPDATED}"},
    )
    automation = AutomationCore(
        name=_RETRAIN_NAME,
        description="New text has arrived, so a run is started",
        trigger=updated,
        actions=[start],
    )
    _install(client, automation)
    return True


def _install(client: SyncPrefectClient, automation: AutomationCore) -> None:
    """Create an automation, or renew the one with its name; one that is disabled stays so."""
    present = client.read_automations_by_name(automation.name)
    for old in present[1:]:
        client.delete_automation(old.id)
    if present:
        renewed = automation.model_copy(update={"enabled": present[0].enabled})
        client.update_automation(present[0].id, renewed)
    else:
        client.create_automation(automation)


def _automations(actions: list[ActionTypes]) -> list[AutomationCore]:
    ours = EventTrigger(
        expect=set(ALARMS),
        for_each={"prefect.resource.id"},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    failed = ours.model_copy(
        update={
            "expect": {"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
            "match_related": {
                "prefect.resource.role": "flow",
                "prefect.resource.name": FLOWS,
            },
        }
    )
    failed = EventTrigger.model_validate(failed.model_dump())
    descriptions = {
        "alignment: alarm": (ours, "Something has happened that somebody must hear of"),
        "alignment: run failed": (failed, "A run failed or crashed"),
    }
    return [
        AutomationCore(name=name, description=text, trigger=trigger, actions=actions)
        for name, (trigger, text) in descriptions.items()
    ]


def _actions(client: SyncPrefectClient) -> list[ActionTypes]:
    """One for each way that is set up."""
    ways = (_webhook(), _email(), _notification(client))
    return [action for action in ways if action is not None]


def _webhook() -> CallWebhook | None:
    address = os.environ.get(WEBHOOK, "")
    if not address:
        return None
    block = Webhook(
        method="POST",
        url=SecretStr(address),
        headers=SecretDict({"Content-Type": "application/json"}),
    )
    return CallWebhook(
        block_document_id=block.save(_WEBHOOK_BLOCK, overwrite=True),
        payload=_JSON,
    )


def _email() -> SendNotification | None:
    block = mail_block()
    if block is None:
        return None
    return SendNotification(
        block_document_id=block.save(_EMAIL_BLOCK, overwrite=True),
        subject=_SUBJECT,
        body=_BODY,
    )


def _notification(client: SyncPrefectClient) -> SendNotification | None:
    name = os.environ.get(BLOCK, "")
    if not name:
        return None
    kind, _, block_name = name.partition("/")
    try:
        document = client.read_block_document_by_name(block_name, kind)
    except ObjectNotFound as error:
        raise ConfigError(
            f"got {name!r}, expected the kind and the name of a block of this server",
            where=BLOCK,
            hint="`prefect block ls` lists them; make one on the page Blocks.",
        ) from error
    return SendNotification(block_document_id=document.id, subject=_SUBJECT, body=_BODY)
