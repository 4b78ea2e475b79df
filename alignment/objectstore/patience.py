"""Repeating what failed because an object store did not answer.

The client repeats single requests itself. It does not repeat a download that breaks off in the
middle, nor a write that the store may have carried out; both are harmless to repeat here, because
what is written never changes.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from alignment.errors import Unavailable

ATTEMPTS = 10
SECONDS = 120.0
"""No further attempt after so long; the client itself may have waited for a minute in each."""
FIRST_WAIT = 1.0
"""Seconds before the second attempt; doubles each time, plus up to 25 % jitter."""
MAX_WAIT = 16.0

AnswerT = TypeVar("AnswerT")
logger = logging.getLogger(__name__)


def patiently(request: Callable[[], AnswerT]) -> AnswerT:
    """The answer to a request, which may be repeated.

    Raises:
        Unavailable: if it failed `ATTEMPTS` times, or for `SECONDS`.
    """
    started = time.monotonic()
    for attempt in range(1, ATTEMPTS):
        try:
            return request()
        except Unavailable as error:
            if time.monotonic() - started > SECONDS:
                raise
            jitter = 1 + random.random() / 4
            seconds = min(FIRST_WAIT * 2 ** (attempt - 1), MAX_WAIT) * jitter
            logger.info("%s; trying again in %.1f s", error.message, seconds)
            time.sleep(seconds)
    return request()
