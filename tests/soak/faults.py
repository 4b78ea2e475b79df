"""What goes wrong in a run, and what it may end with."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.soak.places import FIRST, STATES, Expected, Place, State, bad_server
from tests.soak.process import Disturbance, Ended, fill

_FULL = r"disk is full|[Nn]o space left|limit on the size of files|File too large"
KILLED = -9
ABORTED = (-6, -11, 127)
"""By C++ or Rust code, or by the C library, that cannot allocate; some code crashes instead."""
_DAMAGE = r"flipped|sha256|damaged|unreadable|repair|lockfile"
_MEMORY = r"out of memory|memory ran out|[Mm]emory"


class Fault(NamedTuple):
    """One kind of disturbance."""

    name: str
    states: tuple[State, ...]
    disturb: Callable[[Place, Expected, random.Random], Ended]
    """Run the pipeline in trouble."""
    message: str
    """What the output of a run that failed must have."""
    codes: tuple[int, ...] = (0, 1)
    """How it may end."""
    damages: bool = False
    """Whether files may be damaged afterwards."""


def kill(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """SIGKILL at a random time, or at a random change of a file."""
    if rng.random() < 0.5:
        how = Disturbance(die_after=rng.uniform(0, expected.ended.seconds))
    else:
        how = Disturbance(die_at=rng.randint(1, expected.ended.changes))
    return place.run(expected.state, how)


def kill_training(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """SIGKILL of the training process."""
    seconds = rng.uniform(0, 1.2 * expected.ended.training_seconds)
    return place.run(expected.state, Disturbance(training_dies_after=seconds))


def fill_disk(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """Leave less room than the run needs; without a disk of our own, limit the size of files."""
    room = round(expected.bytes * rng.uniform(0, 1) ** 2)
    if not os.path.ismount(place.root.parent):
        return limit_files(place, expected, rng)
    ballast = place.root.parent / "ballast"
    try:
        fill(ballast, room)
        return place.run(expected.state)
    finally:
        ballast.unlink()


def limit_files(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """No file may exceed a random size (`ulimit -f`)."""
    size = round(2 ** rng.uniform(8, 20))
    return place.run(expected.state, Disturbance(file_bytes=size))


def limit_memory(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """The process may allocate only so much more."""
    return place.run(expected.state, Disturbance(more_memory=round(2 ** rng.uniform(21, 29))))


def flip(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """Another byte in a random file, before the run."""
    files = _files(place)
    kinds = sorted({kind for kind, _ in files})
    kind = rng.choice(kinds)
    path = rng.choice([path for other, path in files if other == kind])
    content = bytearray(path.read_bytes())
    position = rng.randrange(len(content))
    content[position] ^= rng.randrange(1, 256)
    path.write_bytes(bytes(content))
    ended = place.run(expected.state)
    note = f"\n[byte {position} of {path.relative_to(place.root)} was flipped]"
    return ended._replace(output=ended.output + note)


def drop_connections(place: Place, expected: Expected, rng: random.Random) -> Ended:
    """A server that fails most of the time."""
    place.server.faults = bad_server(rng)
    try:
        return place.run(expected.state)
    finally:
        place.server.faults = lambda path: "ok"


def _files(place: Place) -> list[tuple[str, Path]]:
    """What a flipped byte may be in, by kind."""
    kinds = [
        ("artifact", "workspace/store/*/*/**/*"),
        ("manifest", "workspace/store/*/*/manifest.json"),
        ("pointer", "workspace/store/latest/*"),
        ("version", "workspace/registry/soak/v*/**/*"),
        ("registry", "workspace/registry/soak/*"),
        ("download", "workspace/downloads/objects/*"),
        ("address", "workspace/downloads/urls/*.json"),
        ("record", "workspace/runs/*/*"),
        ("lockfile", "alignment.lock"),
    ]
    files = []
    for kind, pattern in kinds:
        for path in sorted(place.root.glob(pattern)):
            if path.is_file() and not path.is_symlink() and path.stat().st_size:
                files.append((kind, path))
    return files


_LATER = STATES[1:]
FAULTS = (
    Fault("process killed", STATES, kill, "the process was killed", (0, KILLED)),
    Fault("training killed", (FIRST, *STATES[2:]), kill_training, "killed by signal 9"),
    Fault("disk full", STATES, fill_disk, _FULL),
    Fault("file size limited", STATES, limit_files, _FULL),
    Fault("memory limited", STATES, limit_memory, _MEMORY, (0, 1, *ABORTED)),
    Fault("byte flipped", _LATER, flip, _DAMAGE, (0, 1, 2), damages=True),
    Fault("connections dropped", (FIRST,), drop_connections, r"attempts failed|HTTP 404"),
)
"""In turn."""
