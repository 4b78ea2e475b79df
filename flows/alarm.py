"""An alarm that needs no Prefect server, because the server is what is wrong.

All other alarms are events, which automations of the server send on (`flows.automations`).
"""

from __future__ import annotations

import datetime
import logging
import os

import httpx

from alignment.redaction import redacted

WEBHOOK = "ALIGNMENT_ALARM_WEBHOOK"
SERVER_AWAY = "alignment.server.away"
SERVE_ENDED = "alignment.serve.ended"
_TIMEOUT_SECONDS = 10.0
logger = logging.getLogger("alignment.alarm")


def post_alarm(event: str, name: str, message: str) -> bool:
    """Post an alarm to the webhook, in the form that the automations use.

    A webhook that cannot be reached is logged.

    Args:
        event: One of the names above.
        name: What it is about.
        message: What happened, and what to do.

    Returns:
        Whether the webhook has it; False if none is set.
    """
    address = os.environ.get(WEBHOOK, "")
    if not address:
        return False
    body = {
        "event": event,
        "name": name,
        "occurred": datetime.datetime.now(datetime.UTC).isoformat(),
        "details": {"message": message},
    }
    try:
        httpx.post(address, json=body, timeout=_TIMEOUT_SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        logger.error("the alarm %s could not be sent: %s", event, redacted(str(error)))
        return False
    return True
