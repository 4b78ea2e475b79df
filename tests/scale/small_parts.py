"""Parts so small that a language of the smoke corpus has several. Workers import this module."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest import mock

from alignment.config.runner import RunnerSettings
from alignment.encoder import cache
from alignment.pipeline.cluster.runner import RayRunner
from alignment.stages import embed_part, mine_part, shards
from alignment.types import Artifact
from tests.scale.sabotage import killed_once

T = TypeVar("T")
POOL = 16
"""Pairs of a pool."""
PAUSE = 0.3
"""Seconds that a part takes longer, so that no machine has done all before another has begun."""


class Note(NamedTuple):
    """Where a call ran."""

    machine: int
    """Process id of its Ray."""
    process: int
    loads: int
    """How many encoders the call had to load."""


@contextlib.contextmanager
def small_parts() -> Iterator[None]:
    """A part is a shard of 16 sentences, or a pool."""
    with (
        mock.patch.object(shards, "SHARD_ROWS", 16),
        mock.patch.object(shards, "WINDOW", 8),
        mock.patch.object(embed_part, "SHARDS_PER_PART", 1),
        mock.patch.object(mine_part, "POOLS_PER_PART", 1),
    ):
        yield


@dataclass(frozen=True)
class Plan:
    """What happens to the calls of a run."""

    notes: Path
    """Directory for the note of each call."""
    store: Path
    victims: Mapping[tuple[str, str], Callable[[], None]]
    """By stage and label, what kills the worker at its first attempt."""
    elsewhere: bool = False
    """Whether artifacts are only in a bucket, as if each call had run on another machine."""


class Divided(RayRunner):
    """Runs calls in small parts, and notes where."""

    def __init__(self, settings: RunnerSettings, mark: Path | None, plan: Plan, **options: Any):
        super().__init__(settings, mark, **options)
        self._plan = plan

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """See `RayRunner.placed`."""
        name = f"{stage}-{label}"
        kill = self._plan.victims.get((stage, label))
        if kill is not None:
            flag = self._plan.notes / f"{name}.killed"
            call = functools.partial(killed_once, call, flag, self._plan.store, kill)
        path = self._plan.notes / f"{name}.json"
        noted = functools.partial(_noted, call, path, elsewhere=self._plan.elsewhere)
        return super().placed(stage, label, noted)


def read_notes(directory: Path, stage: str) -> list[Note]:
    """Those of the calls of a stage."""
    return [Note(*json.loads(path.read_text())) for path in directory.glob(f"{stage}-*.json")]


def _noted(call: Callable[[], T], path: Path, *, elsewhere: bool) -> T:
    with small_parts(), mock.patch.object(cache, "_load", wraps=cache._load) as load:
        result = call()
    path.write_text(json.dumps(Note(os.getppid(), os.getpid(), load.call_count)))
    if path.name.partition("-")[0].endswith(" part"):
        time.sleep(PAUSE)
    if elsewhere and isinstance(result, Artifact):
        shutil.rmtree(result.path)
    return result
