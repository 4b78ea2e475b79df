"""The processes of one installation, found by their environment and named by what they do."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil

KINDS = ("serve", "server", "worker", "run", "training", "other")
_COMMANDS = {
    "serve": ("flows.serve",),
    "server": ("server", "start"),
    "worker": ("flows.worker",),
    "training": ("alignment.training",),
}


def processes(workspace: Path) -> dict[str, list[psutil.Process]]:
    """Those whose environment names this workspace, by kind.

    A run has several: the worker starts a supervisor, and that one the process of the flow.
    """
    by_kind: dict[str, list[psutil.Process]] = {kind: [] for kind in KINDS}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("ALIGNMENT_WORKSPACE") == str(workspace):
                by_kind[_kind(process.cmdline())].append(process)
    return by_kind


def kill(victims: Iterable[psutil.Process], number: int = signal.SIGKILL) -> None:
    """Send all of them a signal; with SIGKILL, wait until they have ended."""
    chosen = list(victims)
    for process in chosen:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    if number == signal.SIGKILL:
        psutil.wait_procs(chosen, timeout=10)


def _kind(command: list[str]) -> str:
    for kind, words in _COMMANDS.items():
        if all(word in command for word in words):
            return kind
    is_run = any(part.startswith("prefect.") or "_workspace_" in part for part in command)
    return "run" if is_run else "other"
