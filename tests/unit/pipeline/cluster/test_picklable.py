"""Every call that a runner may send to a worker can be sent."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cloudpickle

from alignment.config import load_config
from alignment.pipeline.run import run_pipeline
from alignment.pipeline.threads import ThreadsRunner
from alignment.pipeline.workspace import Workspace
from alignment.types import Artifact
from tests.support import SMOKE

T = TypeVar("T")
LARGEST = 100_000


class SendingRunner(ThreadsRunner):
    """Makes a copy of each call, as it would arrive on a worker."""

    def __init__(self) -> None:
        super().__init__(threads=2)
        self.sizes: dict[str, int] = {}

    def placed(self, stage: str, label: str, call: Callable[[], T]) -> Callable[[], T]:
        """See `ThreadsRunner.placed`."""
        sent = cloudpickle.dumps(call)
        self.sizes[stage] = max(self.sizes.get(stage, 0), len(sent))

        def copied() -> T:
            result: T = cloudpickle.loads(cloudpickle.dumps(cloudpickle.loads(sent)()))
            assert isinstance(result, Artifact) and result.reused, f"{stage} {label} ran again"
            return result

        return copied


def test_the_copies_find_the_artifacts_of_the_originals(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "w", symlinks=True)
    runner = SendingRunner()
    outcome = run_pipeline(load_config(SMOKE), Workspace(tmp_path / "w"), runner)
    assert outcome.version is None or outcome.version.name == "v1"
    assert {"clean", "check", "embed", "mine", "evaluate candidate"} <= set(runner.sizes)
    assert max(runner.sizes.values()) < LARGEST, "rows are sent"
