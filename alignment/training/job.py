"""What a training process is told, and the names of the files that it reads and writes."""

from __future__ import annotations

import json
from pathlib import Path

from alignment.config import Train
from alignment.config.base import Section

PROGRESS = "progress.jsonl"
ERROR = "error.json"
LOG = "train.log"
PLAN = "plan.json"
TENSORBOARD = "tensorboard"


class Job(Section):
    """One training run. `scratch` outlives a killed process: checkpoints, progress and the log are there."""

    train: Train
    triplets: Path
    encoder: Path
    pivot: str
    output: Path
    scratch: Path
    seed: int
    first: int = 0
    """Steps that were done before, on other triplets: `encoder` is what they made."""
    last: int
    """The step to end at, of the `train.steps` that the learning rate falls over."""
    teacher: Path
    """The encoder whose geometry is kept, where `train.distill_weight` asks for that."""
    parent: int
    """Process that waits for this one; when it is gone, so are we."""

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(self.model_dump_json(indent=2))

    @classmethod
    def read(cls, path: Path) -> Job:
        """What `write` wrote."""
        return cls.model_validate(json.loads(path.read_text()))
