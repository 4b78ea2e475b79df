"""Requests that are repeated."""

from __future__ import annotations

import pytest

from alignment.errors import ConfigError, Unavailable
from alignment.objectstore import patience
from alignment.objectstore.patience import ATTEMPTS, patiently


def test_an_outage_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.0)
    calls = []

    def request(failures: int) -> int:
        calls.append(failures)
        if len(calls) <= failures:
            raise Unavailable("away")
        return len(calls)

    assert patiently(lambda: request(ATTEMPTS - 1)) == ATTEMPTS
    calls.clear()
    with pytest.raises(Unavailable, match="away"):
        patiently(lambda: request(ATTEMPTS))
    assert len(calls) == ATTEMPTS


def test_a_refusal_is_not_repeated() -> None:
    calls = []

    def request() -> None:
        calls.append(1)
        raise ConfigError("no such bucket")

    with pytest.raises(ConfigError):
        patiently(request)
    assert len(calls) == 1
