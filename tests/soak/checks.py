"""What must hold after a run, whatever went wrong in it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import psutil

from alignment.downloads import Lockfile
from alignment.errors import AlignmentError
from alignment.pipeline.history import find_run, run_names
from alignment.registry import find_damage
from alignment.store import Store, verify_all
from tests.soak.faults import KILLED, Fault
from tests.soak.places import Expected, Place
from tests.soak.process import Ended

SURPRISES = ("Traceback", "unexpected ", "This is a bug", "Fatal Python error", "terminate called")
ENDED_SECONDS = 20.0
"""In which the processes of a run that has ended are gone, on a busy machine."""
_TEMPORARY = re.compile(r"\.(?!lock$|alignment\.lock\.guard$)")
"""Names of files that are being written; locks stay."""


def after_trouble(place: Place, fault: Fault, expected: Expected, ended: Ended) -> None:
    """Nothing half-written is visible, and the run says what went wrong."""
    for surprise in SURPRISES:
        assert surprise not in ended.output, f"{surprise!r} in the output"
    assert ended.code in fault.codes, f"exit code {ended.code}"
    if ended.code and not (ended.code == KILLED and not ended.output):  # it had hardly begun
        assert "error: " in ended.output, "no message"
        assert re.search(fault.message, ended.output), "the message does not say what is wrong"
    assert not _processes(place), "a process is left"
    if not fault.damages:
        nothing_is_damaged(place)
    if ended.code in (0, 1, 2):
        _nothing_is_left(place, [place.workspace / "store" / "tmp"])
    versions = {version.name: version.digest for version in place.registry.versions()}
    assert versions.items() <= expected.result.versions.items(), "a version has other bytes"


def after_recovery(place: Place, expected: Expected, ended: Ended, *, repaired: bool) -> None:
    """The next run gives what an undisturbed one gives, and nothing is left of the trouble.

    Without its damaged champion, the gate compares with another encoder.
    """
    assert ended.code == 0, f"the next run ended with {ended.code}"
    result = place.result()
    compared = [key for key in expected.result.artifacts if not (repaired and _is_judged(key))]
    for key in compared:
        assert result.artifacts.get(key) == expected.result.artifacts[key], f"{key} differs"
    assert result.champion is not None
    if not repaired:
        assert result.versions == expected.result.versions, "the versions differ"
        assert result.champion == expected.result.champion
    # What only an older run used or wrote may stay damaged, which `store verify` and `show` say.
    nothing_is_damaged(place, {name.rpartition(" ")[2] for name in result.artifacts})
    collected = place.alignment("store", "gc")
    assert collected.code == 0, collected.output
    _nothing_is_left(place, [place.root])
    assert not list((place.workspace / "store" / "tmp").iterdir())
    assert not list((place.workspace / "store" / "scratch").iterdir())
    assert not list((place.workspace / "downloads" / "partial").iterdir())
    assert place.result() == result, "`store gc` deleted something that is needed"


def nothing_is_damaged(place: Place, needed: set[str] | None = None) -> None:
    """The registry, the store, the records and the lockfile are whole.

    If `needed` is given, only the artifacts with these keys, and the record of the last run.
    """
    damage = find_damage(place.registry)
    assert not damage, f"the registry is damaged: {damage}"
    place.registry.champion()
    if (place.workspace / "store").is_dir():
        checked = list(verify_all(Store(place.workspace / "store")))
        if needed is not None:
            checked = [entry for entry in checked if entry.path.name in needed]
        problems = [entry.problem for entry in checked if entry.problem]
        assert not problems, f"the store is damaged: {problems}"
    names = run_names(place.workspace)
    for name in names if needed is None else names[-1:]:
        directory = find_run(place.workspace, name).directory
        assert (directory / "report.html").stat().st_size > 1000
    try:
        Lockfile(place.lock)
    except AlignmentError as error:
        raise AssertionError(f"the lockfile is damaged: {error}") from error


def _nothing_is_left(place: Place, roots: list[Path]) -> None:
    left = []
    for root in roots:
        left += [path for path in root.rglob("*") if _TEMPORARY.match(path.name)]
    assert not left, f"left behind: {[str(path.relative_to(place.root)) for path in left]}"


def _is_judged(key: str) -> bool:
    return key.startswith(("evaluate", "gate"))


def _processes(place: Place) -> list[int]:
    """Processes that work on the place after `ENDED_SECONDS`."""
    end = time.monotonic() + ENDED_SECONDS
    while True:
        pids = [process.pid for process in psutil.process_iter() if _works_on(process, place)]
        if not pids or time.monotonic() > end:
            return pids
        time.sleep(0.05)


def _works_on(process: psutil.Process, place: Place) -> bool:
    try:
        return any(str(place.root) in file.path for file in process.open_files())
    except (psutil.Error, OSError):
        return False
