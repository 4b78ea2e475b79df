"""Too little memory for every command, and for every stage of a run."""

from __future__ import annotations

import functools
import shutil
from pathlib import Path

from alignment.registry import Registry, find_damage
from tests.robust.case import Case, calm, cli
from tests.robust.disks import COMMANDS, STAGES, run_in
from tests.robust.finished import NAME, Finished, artifacts, finished
from tests.soak.faults import ABORTED
from tests.soak.process import Disturbance

SECTION = "memory"
MORE = (2**16, 2**22, 2**26)
"""Bytes that a command may allocate."""
ADVICE = ("Lower ", "Set `", "Choose a smaller", "Free memory", "free memory", "holdout.max_pairs")


def cases(base: Path) -> list[Case]:
    """Each stage with hardly any memory, and each command with little."""
    place = finished(base)
    made = []
    for stage in STAGES:
        for more in MORE[:2]:
            do = functools.partial(_stage, place, stage, more)
            made.append(Case(SECTION, f"run, {more} bytes in {stage}", do))
    for name, command in COMMANDS.items():
        if "demo" in command or name in ("lock", "init"):
            continue
        for more in MORE:
            do = functools.partial(_command, place, command, more)
            made.append(Case(SECTION, f"{name}, {more} bytes", do))
    return made


def _stage(original: Finished, stage: str, more: int, folder: Path) -> None:
    """The message names the stage and what to lower, and the next run gives the same."""
    place = original.copied(folder)
    shutil.rmtree(place.workspace)
    how = Disturbance(more_memory=more, stage=stage)
    words = ("run", place.root / "robust.yaml", "--workspace", place.workspace)
    said = calm(cli(*words, how=how), codes=(0, 1, *ABORTED))
    if said.code:
        assert "memory" in said.error, said.output
        assert any(advice in said.error for advice in ADVICE), said.output
        assert any(name.partition(" ")[0] in said.error for name in STAGES), said.output
    calm(place.run(), codes=(0,))
    assert artifacts(place.workspace) == original.artifacts


def _command(original: Finished, command: tuple[str, ...], more: int, folder: Path) -> None:
    """It works or says that memory ran out; nothing is damaged."""
    place = original.copied(folder)
    said = run_in(place, command, Disturbance(more_memory=more))
    calm(said, codes=(0, 1, *ABORTED))
    if said.code:
        assert "memory" in said.output, said.output
    assert find_damage(Registry(place.workspace / "registry", NAME)) == []
    if said.code:
        calm(run_in(place, command), codes=(0, 1))
