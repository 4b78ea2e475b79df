"""An alarm that needs no Prefect server, because the server is what is wrong.

All other alarms are events, which automations of the server send on (`flows.automations`).
"""

from __future__ import annotations

import datetime
import logging
import os

import httpx
from apprise import Apprise
from prefect.blocks.abstract import NotificationError
from prefect.blocks.notifications import AppriseNotificationBlock, SlackWebhook
from pydantic import SecretStr

from alignment.errors import ConfigError
from alignment.redaction import redacted

WEBHOOK = "ALIGNMENT_ALARM_WEBHOOK"
EMAIL = "ALIGNMENT_ALARM_EMAIL"
SERVER_AWAY = "alignment.server.away"
SERVE_ENDED = "alignment.serve.ended"
_TIMEOUT_SECONDS = 10.0
logger = logging.getLogger("alignment.alarm")


def post_alarm(event: str, name: str, message: str) -> bool:
    """Send an alarm to the webhook and by e-mail, in the form that the automations use.

    What cannot be reached is logged.

    Args:
        event: One of the names above.
        name: What it is about.
        message: What happened, and what to do.

    Returns:
        Whether somebody has it; False if neither is set.
    """
    is_posted = _post(event, name, message)
    is_mailed = _mail(event, name, message)
    return is_posted or is_mailed


def mail_block() -> AppriseNotificationBlock | None:
    """Sends e-mail by the mail server in `ALIGNMENT_ALARM_EMAIL`; None if it is not set.

    Prefect has no block for a mail server, but its block for Slack takes any address of Apprise.

    Raises:
        ConfigError: if the address is not one of a mail server.
    """
    address = os.environ.get(EMAIL, "")
    if not address:
        return None
    is_mail = address.startswith(("mailto://", "mailtos://"))
    if not is_mail or Apprise.instantiate(address) is None:
        raise ConfigError(
            f"got {redacted(address)!r}, expected the address of a mail server",
            where=EMAIL,
            hint="For example mailtos://USER:PASSWORD@smtp.example.org"
            "?from=alignment@example.org&to=team@example.org",
        )
    return SlackWebhook(url=SecretStr(address))


def _post(event: str, name: str, message: str) -> bool:
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


def _mail(event: str, name: str, message: str) -> bool:
    try:
        block = mail_block()
        if block is None:
            return False
        with block.raise_on_failure():
            block.notify(message, f"alignment: {event} {name}")
    except (ConfigError, NotificationError) as error:
        logger.error("the alarm %s could not be mailed: %s", event, redacted(str(error)))
        return False
    return True
