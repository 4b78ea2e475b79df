"""`python -m flows.worker` is `prefect worker start`, except that it waits for its server.

Prefect's process worker ends after twelve failed polls, which is some seven minutes without a
server, and kills the runs that it has started. This one goes on for as long as it takes: a run
needs no server until it ends, and waits for it then (`flows.tell`).

Options are those of `prefect worker start`, such as `--with-healthcheck`. The work pool is
`alignment` unless `--pool` names another.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from prefect.workers.process import ProcessWorker

from flows.deploy import POOL

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that another type has this name, which is intended

    class PatientWorker(ProcessWorker):
        """A process worker, also by its type, to which no answer means that there is no work."""

        type = "process"
        _is_alone = False

        async def get_and_submit_flow_runs(self) -> list[FlowRun]:
            """Start the runs that are due; none if the server is away."""
            try:
                runs = await super().get_and_submit_flow_runs()
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                if not _is_outage(error):
                    raise
                self._note(error)
                return []
            self._note(None)
            return runs

        async def sync_with_backend(self) -> None:
            """Tell the server of this worker; at the start it must be there."""
            try:
                await super().sync_with_backend()
            except (httpx.TransportError, httpx.HTTPStatusError) as error:
                if not self._has_successfully_synced or not _is_outage(error):
                    raise

        def _note(self, error: Exception | None) -> None:
            """Say once that the server is away, and once that it is back."""
            if error is not None and not self._is_alone:
                self._logger.warning("the Prefect server is away, waiting for it: %s", error)
            if error is None and self._is_alone:
                self._logger.warning("the Prefect server is back")
            self._is_alone = error is not None


def _is_outage(error: httpx.TransportError | httpx.HTTPStatusError) -> bool:
    """Whether it may pass by itself."""
    return not isinstance(error, httpx.HTTPStatusError) or error.response.status_code >= 500


def main(options: list[str]) -> None:
    """Start the worker, and never return."""
    from prefect.cli import app

    # Its runs work in this directory (see prefect.yaml).
    os.environ.setdefault("ALIGNMENT_HOME", str(Path(__file__).resolve().parent.parent))
    pool = [] if "--pool" in options else ["--pool", POOL]
    sys.argv = ["prefect", "worker", "start", "--type", "process", *pool, *options]
    app()


if __name__ == "__main__":
    main(sys.argv[1:])
