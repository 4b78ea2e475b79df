"""How long to wait, from the environment."""

from __future__ import annotations

import datetime

import pytest

from alignment.errors import ConfigError
from flows.limits import Limits, limits_from_environment


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNMENT_SILENCE_MINUTES", "2")
    monkeypatch.setenv("ALIGNMENT_STALLED_HOURS", "30")
    monkeypatch.setenv("ALIGNMENT_AWAY_MINUTES", "1.5")
    monkeypatch.delenv("ALIGNMENT_PENDING_MINUTES", raising=False)
    assert limits_from_environment() == Limits(
        silence=datetime.timedelta(minutes=2),
        pending=datetime.timedelta(minutes=4),
        stalled=datetime.timedelta(hours=30),
        away=datetime.timedelta(seconds=90),
    )


def test_a_pod_may_take_longer_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIGNMENT_SILENCE_MINUTES", "5")
    monkeypatch.setenv("ALIGNMENT_PENDING_MINUTES", "20")
    limits = limits_from_environment()
    assert limits.silence == datetime.timedelta(minutes=5)
    assert limits.pending == datetime.timedelta(minutes=20)


def test_without_them_the_limits_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SILENCE_MINUTES", "PENDING_MINUTES", "STALLED_HOURS", "AWAY_MINUTES"):
        monkeypatch.delenv(f"ALIGNMENT_{name}", raising=False)
    assert limits_from_environment() == Limits()


@pytest.mark.parametrize("text", ["many", "0", "-1", "inf", "nan", "0.5"])
def test_a_limit_that_would_end_living_runs(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A heartbeat comes each half minute."""
    monkeypatch.setenv("ALIGNMENT_SILENCE_MINUTES", text)
    with pytest.raises(ConfigError, match=r"ALIGNMENT_SILENCE_MINUTES: got .* above 0\.7"):
        limits_from_environment()
