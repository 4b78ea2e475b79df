"""Settings that Prefect reads when it is imported (`flows/__init__.py` applies them before that).

Without `PREFECT_API_URL` a flow starts an embedded server; its database then lies in the workspace,
not in the user's home.
"""

from __future__ import annotations

import os
from pathlib import Path

_DEFAULTS = {
    "PREFECT_HOME": str(
        Path(os.environ.get("ALIGNMENT_WORKSPACE", "workspace")).resolve() / "prefect"
    ),
    "PREFECT_LOGGING_EXTRA_LOGGERS": "alignment",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "DO_NOT_TRACK": "1",
}


def apply() -> None:
    """Set what the user has not set."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    Path(os.environ["PREFECT_HOME"]).mkdir(
        parents=True, exist_ok=True
    )  # SQLite makes the file, not the directory
