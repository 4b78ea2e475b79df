"""Alarms without a Prefect server."""

from __future__ import annotations

import datetime
import logging
import socket

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.alarm import SERVE_ENDED, SERVER_AWAY, WEBHOOK, post_alarm
from flows.limits import Limits
from flows.watch import Watch
from tests.operate.alarms import Alarms


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_it_has_the_form_of_all_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    with Alarms().listening() as alarms:
        monkeypatch.setenv(WEBHOOK, alarms.address)
        assert post_alarm(SERVE_ENDED, "127.0.0.1:4200", "it has ended")
    (alarm,) = alarms.received
    assert alarm[1:] == (SERVE_ENDED, "127.0.0.1:4200", "it has ended")


def test_nobody_hears_it(
    monkeypatch: pytest.MonkeyPatch, nobody: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(WEBHOOK, raising=False)
    assert not post_alarm(SERVE_ENDED, "serve", "it has ended")
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    for address in (nobody, "no address"):
        monkeypatch.setenv(WEBHOOK, address)
        assert not post_alarm(SERVE_ENDED, "serve", "it has ended")
    assert caplog.text.count("could not be sent") == 2


def test_a_server_that_is_away_is_one_alarm(monkeypatch: pytest.MonkeyPatch, nobody: str) -> None:
    limits = Limits(away=datetime.timedelta(0))
    with (
        Alarms().listening() as alarms,
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        SyncPrefectClient(api=f"{nobody}/api") as client,
    ):
        monkeypatch.setenv(WEBHOOK, alarms.address)
        patient = Watch(client, Limits())
        assert patient.look(), "it has been away for a moment only"
        watch = Watch(client, limits)
        assert not watch.look()
        assert not watch.look(), "it shall be restarted again"
    (alarm,) = alarms.received
    assert alarm.event == SERVER_AWAY
    assert "no run starts" in alarm.message
