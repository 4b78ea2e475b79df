"""Memory or the disk runs out in each stage: it says so, and the next run continues from there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.checks import SURPRISES, nothing_is_damaged
from tests.soak.faults import ABORTED
from tests.soak.places import FIRST, Place, disk
from tests.soak.process import Disturbance, Launcher

STAGES = [
    "pull",
    "holdout",
    "clean",
    "encoder",
    "check",
    "embed",
    "mine",
    "triplets",
    "tokenize",
    "train",
    "evaluate candidate",
    "gate",
    "publish",
    "report",
]
ADVICE = ("Lower ", "Set `", "Choose a smaller", "Free memory", "free memory")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="limits and disks of Linux"),
]


@pytest.fixture
def place() -> Iterator[Place]:
    with disk() as directory:
        place = Place(directory / "place", Launcher())
        place.prepare()
        yield place


def test_a_full_disk_in_every_stage(place: Place) -> None:
    if not os.path.ismount(place.root.parent):
        pytest.skip("a disk of a certain size needs root")
    ballast = place.root.parent / "ballast"
    for stage in STAGES:
        ended = place.run(FIRST, Disturbance(ballast=ballast, stage=stage))
        ballast.unlink()
        _held(place, stage, ended.code, ended.output)
        assert "the disk is full" in ended.output
        assert f" {stage.partition(' ')[0]}" in ended.output.partition("error: ")[2]
        assert "Free some space" in ended.output
    assert place.run(FIRST).code == 0


def test_too_little_memory_in_every_stage(place: Place) -> None:
    for stage in STAGES:
        ended = place.run(FIRST, Disturbance(more_memory=2**16, stage=stage))
        if ended.code == 0:  # it needs no more than Python has at hand
            continue
        _held(place, stage, ended.code, ended.output)
        error = ended.output.partition("error: ")[2]
        assert "memory" in error
        assert any(name in error for name in STAGES[STAGES.index(stage) :]), error
        assert any(advice in error for advice in ADVICE), error
    assert place.run(FIRST).code == 0


def _held(place: Place, stage: str, code: int, output: str) -> None:
    assert code in (1, *ABORTED), f"{stage}: {code}\n{output}"
    for surprise in SURPRISES:
        assert surprise not in output, f"{stage}: {output}"
    nothing_is_damaged(place)
    if code == 1:
        left = list(Path(place.workspace / "store" / "tmp").iterdir())
        assert not left, f"{stage}: {left}"
