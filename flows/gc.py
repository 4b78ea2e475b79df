"""`python -m flows.gc` deletes old runs from the server at `PREFECT_API_URL`; `--delete` does it.

Only runs of our flows go, each with its task runs, logs and artifacts. Events have no such command:
the server deletes them after `PREFECT_SERVER_EVENTS_RETENTION_PERIOD`, a week by default. The
workspace is another matter: `alignment gc`.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_AUTH_STRING

from flows.server import api_address, our_flows
from flows.watch import VERDICTS

ENDED = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED]
_PAGE = 200
logger = logging.getLogger("alignment.gc")


class Deleted(NamedTuple):
    """How much went."""

    runs: int
    artifacts: int


def old_runs(client: SyncPrefectClient, *, keep: int, before: datetime.datetime) -> list[FlowRun]:
    """Runs that ended before a time, without those that stay.

    The newest `keep` of each deployment stay, and the last one with a verdict.

    Args:
        client: A client of the server.
        keep: How many runs of each deployment stay, however old.
        before: End of the youngest that may go.
    """
    newer: dict[object, int] = {}
    judged: set[object] = set()
    old = []
    for run in _ended_runs(client):
        number = newer.get(run.deployment_id, 0)
        newer[run.deployment_id] = number + 1
        is_last_verdict = run.state_name in VERDICTS and run.deployment_id not in judged
        if is_last_verdict:
            judged.add(run.deployment_id)
        is_old = run.end_time is not None and run.end_time < before
        if is_old and number >= keep and not is_last_verdict:
            old.append(run)
    return old


def delete(client: SyncPrefectClient, runs: Sequence[FlowRun]) -> Deleted:
    """Delete runs with everything that belongs to them; what has gone meanwhile is no error."""
    artifacts = 0
    gone = 0
    for run in runs:
        chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
        while page := client.read_artifacts(artifact_filter=chosen, limit=_PAGE):
            for artifact in page:
                artifacts += _went(functools.partial(client.delete_artifact, artifact.id))
        gone += _went(functools.partial(client.delete_flow_run, run.id))
    return Deleted(gone, artifacts)


def _ended_runs(client: SyncPrefectClient) -> Iterator[FlowRun]:
    """All runs of our flows that have ended, the newest first."""
    ended = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=ENDED)))
    offset = 0
    while True:
        page = client.read_flow_runs(
            flow_filter=our_flows(),
            flow_run_filter=ended,
            sort=FlowRunSort.END_TIME_DESC,
            limit=_PAGE,
            offset=offset,
        )
        yield from page
        if len(page) < _PAGE:
            return
        offset += _PAGE


def _went(call: Callable[[], object]) -> int:
    """How many objects went: none if it had gone before."""
    try:
        call()
    except ObjectNotFound:
        return 0
    return 1


def main(arguments: Sequence[str]) -> int:
    """List or delete; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.keep < 0 or options.older_than < 0:
        parser.error("--keep and --older-than must not be negative")
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=options.older_than)
    auth = PREFECT_API_AUTH_STRING.value()
    with SyncPrefectClient(api=api_address(), auth_string=auth) as client:
        runs = old_runs(client, keep=options.keep, before=before)
        for run in runs:
            logger.info("%s  %s  %s", run.end_time, run.state_name, run.name)
        if not options.delete:
            logger.info("%d runs would be deleted. Add --delete to delete them.", len(runs))
            return 0
        deleted = delete(client, runs)
    logger.info("%d runs deleted, with their logs and %d artifacts.", *deleted)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flows.gc",
        description="List the old runs on the Prefect server; with --delete, delete them.",
        epilog="Example: python -m flows.gc --older-than 90 --delete",
    )
    parser.add_argument(
        "--keep",
        type=int,
        default=10,
        metavar="N",
        help="keep the newest N runs of each deployment (default: %(default)s)",
    )
    parser.add_argument(
        "--older-than",
        type=float,
        default=30,
        metavar="DAYS",
        help="keep the runs of the last DAYS days (default: %(default)s)",
    )
    parser.add_argument("--delete", action="store_true", help="delete them")
    return parser


if __name__ == "__main__":
    from alignment.cli.exit_codes import exit_code_of

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request
    sys.exit(exit_code_of(lambda: main(sys.argv[1:])))
