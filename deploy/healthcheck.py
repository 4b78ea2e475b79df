"""The health check of the image: exit code 0, or 1 with the reason.

With `HEALTH_URL`, the address must answer. Without it, the workspace must be writable and have
`HEALTH_MIN_FREE_MB` (200) left: a run in a full or unmounted workspace cannot continue. It uses the
standard library only, because it runs every half minute.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import urllib.request


def problem() -> str | None:
    """What is wrong, or None."""
    url = os.environ.get("HEALTH_URL")
    if url:
        return _unanswered(url)
    workspace = os.environ.get("ALIGNMENT_WORKSPACE", "workspace")
    if "://" in workspace:  # of this machine are only the copies
        workspace = os.environ.get("ALIGNMENT_WORKSPACE_CACHE") or tempfile.gettempdir()
    return _unusable(workspace)


def _unanswered(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=8):  # noqa: S310 - the image's own setting
            return None
    except (OSError, ValueError) as error:
        return f"{url}: {error}"


def _unusable(workspace: str) -> str | None:
    try:
        with tempfile.TemporaryFile(dir=workspace):
            free = shutil.disk_usage(workspace).free // 2**20
    except OSError as error:
        return f"the workspace is not writable: {error}"
    wanted = int(os.environ.get("HEALTH_MIN_FREE_MB", "200"))
    if free < wanted:
        return f"{workspace} has {free} MB left, expected at least {wanted}"
    return None


if __name__ == "__main__":
    sys.exit(problem())
