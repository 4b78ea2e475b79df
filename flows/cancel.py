"""Ends a run that was cancelled when its worker does not.

A worker hears of a cancel through the server. After an outage of half a minute it listens no
longer, and a worker that was started anew does not know the runs of the one before. So the run
looks at its own state, too, and ends itself if it has been Cancelling for a while.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_URL

LOOK_SECONDS = 15.0
LOOKS = 2
"""How often in a row a run is Cancelling before it ends itself: the worker comes first."""
logger = logging.getLogger("alignment.flow")


@contextmanager
def ending_if_cancelled() -> Iterator[None]:
    """Look at the state of the flow run in progress meanwhile.

    Does nothing outside of a flow run, and with an embedded server, on which nobody can cancel.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or not PREFECT_API_URL.value():
        yield
        return
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(run.id, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()


def _watch(run: UUID, over: threading.Event) -> None:
    """Look until the run is over."""
    cancelling = 0
    with get_client(sync_client=True) as client:
        while not over.wait(LOOK_SECONDS):
            cancelling = cancelling + 1 if _is_cancelling(client, run) else 0
            if cancelling >= LOOKS:
                _end(client, run)
                return


def _is_cancelling(client: SyncPrefectClient, run: UUID) -> bool:
    try:
        state = client.read_flow_run(run).state
    except (httpx.HTTPError, PrefectException, ValueError):
        return False  # the server is away
    return state is not None and state.type is StateType.CANCELLING


def _end(client: SyncPrefectClient, run: UUID) -> None:
    message = "it was cancelled, and no worker ended it, so it has ended itself"
    logger.warning("%s", message)
    try:
        cancelled = State[None](type=StateType.CANCELLED, message=message)
        client.set_flow_run_state(run, cancelled, force=True)
    except (httpx.HTTPError, PrefectException, ValueError) as error:
        logger.warning("the Prefect server could not be told: %s", error)
    # Not SIGTERM, after which Prefect writes Crashed over it. The training ends with this process.
    os.kill(os.getpid(), signal.SIGKILL)
