"""How long a failed request waits before the next attempt."""

import datetime
import email.utils
import time

import httpx
import pytest

from alignment.downloads.retry import Retry, RetryPolicy, reason, retry_after, wait_before_retry
from alignment.errors import Unavailable

URL = "https://host.org/a?token=secret"
POLICY = RetryPolicy(backoff=1.0, max_wait=10.0)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def test_backoff_doubles_with_jitter(waits: list[float]) -> None:
    for failures in (1, 2, 3):
        wait_before_retry(URL, POLICY, failures, Retry("busy"))
    assert 1 <= waits[0] <= 2 <= waits[1] <= 4 <= waits[2] <= 8


def test_backoff_is_limited(waits: list[float]) -> None:
    wait_before_retry(URL, POLICY, 20, httpx.ConnectError("refused"))
    assert waits == [10.0]


def test_the_server_sets_the_wait(waits: list[float]) -> None:
    wait_before_retry(URL, POLICY, 5, Retry("busy", wait=0.5))
    assert waits == [0.5]


def test_too_long_a_wait_is_refused(waits: list[float]) -> None:
    with pytest.raises(Unavailable, match="asks to wait 3600 s") as caught:
        wait_before_retry(URL, POLICY, 1, Retry("busy", wait=3600.0))
    assert waits == [] and "secret" not in str(caught.value)


def response(**headers: str) -> httpx.Response:
    return httpx.Response(503, headers=headers)


def test_retry_after_in_seconds() -> None:
    assert retry_after(response(**{"Retry-After": "7"})) == 7.0


def test_retry_after_as_a_date() -> None:
    now = datetime.datetime.now(datetime.UTC)
    date = email.utils.format_datetime(now + datetime.timedelta(seconds=30), usegmt=True)
    seconds = retry_after(response(**{"Retry-After": date}))
    assert seconds is not None and 25 < seconds <= 30
    past = email.utils.format_datetime(now - datetime.timedelta(hours=1), usegmt=True)
    assert retry_after(response(**{"Retry-After": past})) == 0.0


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
def test_no_usable_retry_after(headers: dict[str, str]) -> None:
    assert retry_after(response(**headers)) is None


def test_reason_without_a_message() -> None:
    assert reason(Retry("HTTP 503")) == "HTTP 503"
    assert reason(httpx.ReadTimeout("")) == "ReadTimeout"
