"""When a failed request is repeated, and after how long."""

from __future__ import annotations

import email.utils
import logging
import random
import time
from dataclasses import dataclass

import httpx

from alignment.errors import Unavailable
from alignment.redaction import redacted

RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RetryPolicy:
    """Limits on time and attempts. All durations are in seconds."""

    attempts: int = 6
    """Attempts in a row that may fail without a single new byte."""
    backoff: float = 1.0
    """Wait before the second attempt; doubles each time, plus up to 100% jitter."""
    max_wait: float = 120.0
    """Longest wait between attempts. A server that asks for more counts as unavailable."""
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    min_speed: float = 1024.0
    """Bytes per second; a slower connection is dropped after `speed_window` seconds."""
    speed_window: float = 60.0


class Retry(Exception):
    """This attempt failed, but another one may succeed."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        """Seconds that the server asks the client to wait."""


class RangeMismatch(Retry):
    """The server cannot continue the partial file, which has to be downloaded from the start."""


def wait_before_retry(url: str, policy: RetryPolicy, failures: int, error: Exception) -> None:
    """Sleep for as long as the server asks, else with exponential backoff and jitter.

    Raises:
        Unavailable: if the server asks for more than `policy.max_wait` seconds.
    """
    requested = getattr(error, "wait", None)
    if requested is not None and requested > policy.max_wait:
        raise Unavailable(
            f"the server asks to wait {requested:.0f} s",
            where=redacted(url),
            hint="Run again after that time.",
        )
    if requested is not None:
        seconds = requested
    else:
        jitter = 1 + random.random()
        seconds = min(policy.backoff * 2 ** (failures - 1) * jitter, policy.max_wait)
    logger.info("%s: %s; retrying in %.1f s", redacted(url), redacted(reason(error)), seconds)
    time.sleep(seconds)


def reason(error: Exception) -> str:
    """The error's message, or its class name where it has none."""
    return str(error) or type(error).__name__


def retry_after(response: httpx.Response) -> float | None:
    """Seconds in the `Retry-After` header, a number or a date; None without a usable one."""
    value = response.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, date.timestamp() - time.time())
