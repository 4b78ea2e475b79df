"""Tells the Prefect server how a run ended: artifacts and events.

By then the outcome stands in the workspace, so nothing here may fail the run. If the server is away
it is waited for, because Prefect needs it for the state of the run, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from prefect.client.orchestration import SyncPrefectClient, get_client

from alignment.pipeline.run import Outcome
from alignment.types import Rejected
from flows.artifacts import artifacts
from flows.events import CHAMPION_CHANGED, GATE_REJECTED, RUN_FINISHED, emit
from flows.server import FAILURES

WAIT_SECONDS = 3600.0
_PAUSE_SECONDS = 10.0
logger = logging.getLogger("alignment.flow")


def tell(outcome: Outcome, champion: str | None) -> None:
    """Write the artifacts and send the events of a run; failures are logged.

    Args:
        outcome: Of the run.
        champion: The version that was deployed before the run.
    """
    with get_client(sync_client=True) as client:
        report = outcome.directory / "report.html"
        if not wait_for_server(client, f"{outcome.summary.verdict}; its report is {report}"):
            return
        for name, write in artifacts(outcome).items():
            attempt(f"the artifact {name}", write)
        attempt("the events", lambda: _send_events(client, outcome, champion))


def wait_for_server(client: SyncPrefectClient, result: str) -> bool:
    """Whether the server answers, at once or within `WAIT_SECONDS`.

    Args:
        client: A client of the server.
        result: What the log says of the run meanwhile.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    error = client.api_healthcheck()
    if error is None:
        return True
    logger.error(
        "the Prefect server does not answer (%s). The run is finished: %s. "
        "Waiting for the server for up to %.0f minutes to tell it so",
        error,
        result,
        WAIT_SECONDS / 60,
    )
    while time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
        if client.api_healthcheck() is None:
            logger.info("the Prefect server answers again")
            return True
    return False


def attempt(what: str, call: Callable[[], object]) -> None:
    """Call; a failure is logged as that of `what`, also one of ours: it must not end the run."""
    try:
        call()
    except FAILURES as error:
        logger.warning("%s could not be written to the Prefect server: %s", what, error)
    except Exception:
        logger.exception("%s could not be made; the run goes on", what)


def _send_events(client: SyncPrefectClient, outcome: Outcome, champion: str | None) -> None:
    summary = outcome.summary
    resource = f"alignment.model.{summary.name}"
    waits = f"; {summary.version} waits for approval" if summary.waiting else ""
    deployed = summary.champion or "nothing"
    message = f"{summary.name}: {summary.verdict}; {deployed} is deployed{waits}"
    payload = {"message": message, "champion": summary.champion, "verdict": summary.verdict}
    emit(client, RUN_FINISHED, resource, summary.name, payload)
    if isinstance(outcome.verdict, Rejected):
        failed = sorted({finding.language for finding in outcome.verdict.failed})
        because = f"{message}; refused because of {', '.join(failed)}"
        emit(
            client,
            GATE_REJECTED,
            resource,
            summary.name,
            {**payload, "message": because, "languages": failed},
        )
    if summary.champion != champion:
        emit(client, CHAMPION_CHANGED, resource, summary.name, {**payload, "previous": champion})
