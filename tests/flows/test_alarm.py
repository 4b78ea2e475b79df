"""Alarms without a Prefect server."""

from __future__ import annotations

import datetime
import logging
import socket

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from alignment.errors import ConfigError
from flows.alarm import EMAIL, SERVE_ENDED, SERVER_AWAY, WEBHOOK, mail_block, post_alarm
from flows.limits import Limits
from flows.watch import Watch
from tests.mail_server import MailServer
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


def test_it_is_mailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(WEBHOOK, raising=False)
    with MailServer().listening() as mails:
        monkeypatch.setenv(EMAIL, mails.address)
        assert post_alarm(SERVE_ENDED, "127.0.0.1:4200", "it has ended")
    (mail,) = mails.received
    assert mail["To"] == "team@example.org"
    assert mail["Subject"] == "alignment: alignment.serve.ended 127.0.0.1:4200"
    body = mail.get_body()
    assert body is not None and "it has ended" in body.as_string()


def test_a_mail_that_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch, nobody: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(WEBHOOK, raising=False)
    monkeypatch.setattr(logging.getLogger("alignment"), "propagate", True)
    port = nobody.rpartition(":")[2]
    unreachable = f"mailto://ana:s3cretw0rd@127.0.0.1:{port}?from=b@example.org&to=a@example.org"
    for address in (unreachable, "a@example.org"):
        monkeypatch.setenv(EMAIL, address)
        assert not post_alarm(SERVE_ENDED, "serve", "it has ended")
    assert caplog.text.count("could not be mailed") == 2
    assert "s3cretw0rd" not in caplog.text


@pytest.mark.parametrize(
    "address",
    ["ana@example.org", "https://example.org", "mailto://", "mailto://a:b@127.0.0.1?to=c@d.org"],
)
def test_an_address_without_a_mail_server_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(EMAIL, address)
    with pytest.raises(ConfigError, match="expected the address of a mail server"):
        mail_block()


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
