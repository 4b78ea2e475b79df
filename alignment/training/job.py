"""The description of a training run, and the files in its scratch directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from alignment.config import Train
from alignment.config.base import Section
from alignment.files import write_atomically

JOB = "job.json"
PROGRESS = "progress.jsonl"
WARNINGS = "warnings.jsonl"
ERROR = "error.json"
LOG = "train.log"
PLAN = "plan.json"
CHECKPOINTS = "checkpoints"
BEST = "best.safetensors"
TENSORBOARD = "tensorboard"
DISK_FULL = 74  # exit codes of the training process, as in sysexits.h
OUT_OF_MEMORY = 71
PEER_LOST = 75


class Job(Section):
    """One training run. The scratch directory survives a killed process."""

    train: Train
    triplets: Path
    """The table, for messages that name pairs."""
    tokens: Path
    """The directory of its columns, which the stage `tokenize` writes."""
    encoder: Path
    pivot: str
    output: Path
    scratch: Path
    seed: int
    start_step: int = 0
    """Steps that were trained before, on other triplets. They resulted in `encoder`."""
    end_step: int
    """The last step of this run. The learning rate falls over all `train.steps`."""
    pause_step: int | None = None
    """Write a checkpoint and the encoder after this step and end, as if interrupted: another run of
    the same job without it goes on from there, and results in what an unbroken one would."""
    teacher: Path
    """The encoder whose geometry `train.distill_weight` keeps."""
    trust_remote_code: bool = False
    """Whether Python code that comes with the encoder may run."""
    parent: int
    """The process that waits for this run. If it ends, the training process ends too."""

    def write(self, path: Path) -> None:
        """Write the job as JSON."""
        write_atomically(path, self.model_dump_json(indent=2))

    @classmethod
    def read(cls, path: Path) -> Job:
        """Read what `write` wrote."""
        return cls.model_validate(json.loads(path.read_text()))


@dataclass(frozen=True)
class PlanSummary:
    """What a run trains on, in `plan.json`; at the end of the run, what it trained on."""

    batch_tokens: int
    """The limit in use, which is half of `train.batch_tokens` after memory ran out."""
    best_step: int | None
    """The step whose weights are kept, if there are validation pairs."""
    triplets_by_language: dict[str, int]
    """Triplets with a side in the language. A triplet counts each time that it is trained on."""

    def write(self, path: Path) -> None:
        """Write the summary as JSON."""
        write_atomically(path, json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> PlanSummary:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text()))
