"""Where alarms go. With a real server: tests/flows/test_serve.py."""

from __future__ import annotations

import logging
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.blocks.core import Block
from prefect.events.actions import CallWebhook, SendNotification
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound

from alignment.errors import ConfigError
from flows.alarm import EMAIL, WEBHOOK
from flows.automations import BLOCK, install_alarms

SLACK = uuid.uuid4()
WAYS = {
    WEBHOOK: "https://hooks.example.org/alignment",
    EMAIL: "mailto://127.0.0.1?from=alignment@example.org&to=team@example.org",
    BLOCK: "slack-webhook/operations",
}


class Server:
    """The methods of a client that are called; it has no automation yet."""

    def __init__(self) -> None:
        self.created: list[AutomationCore] = []

    def read_automations_by_name(self, name: str) -> list[Any]:
        """None."""
        return []

    def create_automation(self, automation: AutomationCore) -> None:
        """Keep it."""
        self.created.append(automation)

    def read_block_document_by_name(self, name: str, kind: str) -> Any:
        """There is one block."""
        if f"{kind}/{name}" != WAYS[BLOCK]:
            raise ObjectNotFound(Exception(name))
        return SimpleNamespace(id=SLACK)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(Block, "save", lambda *_, **__: uuid.uuid4())
    # Prefect takes the log lines of `alignment` for itself.
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    for name in WAYS:
        monkeypatch.delenv(name, raising=False)
    return Server()


def test_every_way_that_is_set_up_gets_every_alarm(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in WAYS.items():
        monkeypatch.setenv(name, value)
    assert install_alarms(server)
    assert {entry.name for entry in server.created} == {
        "alignment: alarm",
        "alignment: run failed",
    }
    for automation in server.created:
        webhook, email, slack = automation.actions
        assert isinstance(webhook, CallWebhook)
        assert isinstance(email, SendNotification) and isinstance(slack, SendNotification)
        assert slack.block_document_id == SLACK


@pytest.mark.parametrize("name", list(WAYS))
def test_one_way(server: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, WAYS[name])
    assert install_alarms(server)
    assert [len(automation.actions) for automation in server.created] == [1, 1]


def test_nobody_hears_of_it(server: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert not install_alarms(server)
    assert "no alarm is set up" in caplog.text and EMAIL in caplog.text


def test_a_block_that_does_not_exist(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BLOCK, "slack-webhook/absent")
    with pytest.raises(ConfigError, match="expected the kind and the name of a block"):
        install_alarms(server)
