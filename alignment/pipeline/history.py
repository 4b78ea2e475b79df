"""Finished runs of a workspace: their names, and the summary of one."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from alignment.config.problems import first_problem
from alignment.errors import Corrupt, Missing
from alignment.pipeline.record_files import read_record_file
from alignment.report.summary import Summary
from alignment.text import parse_json

NUM_SUGGESTIONS = 8


class RunRecord(NamedTuple):
    """A finished run."""

    directory: Path
    """Holds `summary.json`, `config.json`, `report.html` and their `digests.json`."""
    summary: Summary


def last_run(workspace: Path) -> RunRecord:
    """The most recent run in the workspace directory.

    Raises:
        Missing: if nothing has run in this workspace.
        Corrupt: if its summary cannot be read.
    """
    return find_run(workspace)


def find_run(workspace: Path, prefix: str = "") -> RunRecord:
    """The most recent run whose name starts with `prefix`.

    Raises:
        Missing: if there is no such run.
        Corrupt: if its summary cannot be read.
    """
    names = run_names(workspace)
    matches = [name for name in names if name.startswith(prefix)]
    if not matches:
        raise _no_such_run(workspace, prefix, names)
    directory = workspace.resolve() / "runs" / matches[-1]
    return RunRecord(directory, _read_summary(directory / "summary.json"))


def run_names(workspace: Path) -> list[str]:
    """Names of the finished runs, oldest first. A name starts with the time at which it started."""
    finished = (workspace / "runs").glob("[!.]*")  # a run that is being written starts with a dot
    return sorted(path.name for path in finished)


def _no_such_run(workspace: Path, prefix: str, names: list[str]) -> Missing:
    if not names:
        return Missing(
            "nothing has run in this workspace yet",
            where=str(workspace),
            hint="Start a run with `alignment run CONFIG`, or pass another --workspace.",
        )
    return Missing(
        f"no run starts with {prefix!r}",
        where=str(workspace),
        hint=f"The latest runs: {', '.join(names[-NUM_SUGGESTIONS:])}.",
    )


def _read_summary(path: Path) -> Summary:
    try:
        return Summary.model_validate(parse_json(read_record_file(path)))
    except ValidationError as error:
        raise _damaged_summary(path, first_problem(error)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged_summary(path, str(error)) from error


def _damaged_summary(path: Path, reason: str) -> Corrupt:
    return Corrupt(
        f"cannot read the summary of this run: {reason}",
        where=str(path),
        hint="Delete the run's directory if the file is damaged; its artifacts stay.",
    )
