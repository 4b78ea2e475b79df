"""Environment variables for Prefect: database in the workspace, no telemetry."""

from __future__ import annotations

import os
from pathlib import Path

# The Dockerfile has the same ones, for servers and workers that do not import this package.
DEFAULTS = {
    "PREFECT_LOGGING_EXTRA_LOGGERS": "alignment",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Prefect's default is three minutes: one lost heartbeat, and `flows.watch` ends a living run.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # Runs older than 90 days go, with their logs and artifacts; events go after a week anyhow.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    # The first start of an embedded server creates its database, which takes a while.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
}


def set_defaults() -> None:
    """Set the variables that the user has not set. Call it before Prefect is imported."""
    defaults = {"PREFECT_HOME": str(_workspace() / "prefect"), **DEFAULTS}
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _workspace() -> Path:
    """The directory of the workspace; if machines share it, that of the copies of this machine."""
    place = os.environ.get("ALIGNMENT_WORKSPACE", "workspace")
    if "://" not in place:
        return Path(place).resolve()
    from alignment.config.workspace import cache_directory
    from alignment.store.remote.place import parsed_place

    shared = parsed_place(place)
    return Path("workspace").resolve() if shared is None else cache_directory(shared)


def create_home() -> None:
    """Create Prefect's directory: SQLite creates the database, but not the directory."""
    Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
