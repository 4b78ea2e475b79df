"""`python -m tests.unit.training.together [--end-before STEP] JOB.json ...`, as torchrun starts it.

The processes import torch and transformers once for all jobs, and print the job, the bytes of
weights and of optimizer states that they hold.
"""

import argparse
from pathlib import Path
from typing import Any

import torch

from alignment.training.job import Job
from alignment.training.ranks import Ranks
from alignment.training.run import run
from alignment.training.trainer import TripletTrainer


class Ended(Exception):
    """Training was stopped on purpose."""


def held(tensors: list[Any]) -> int:
    """Bytes of tensors in this process; a sharded one has a part here."""
    size = 0
    for tensor in tensors:
        part = tensor.to_local() if hasattr(tensor, "to_local") else tensor
        size += part.numel() * part.element_size()
    return size


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--end-before", type=int, default=0)
    parser.add_argument("jobs", type=Path, nargs="+")
    arguments = parser.parse_args()
    training_step = TripletTrainer.training_step
    sizes: list[tuple[int, int]] = []

    def noted(self: TripletTrainer, *inputs: Any) -> torch.Tensor:
        if self.state.global_step + 1 == arguments.end_before:
            raise Ended
        assert self.model is not None and self.optimizer is not None
        states = [
            value
            for state in self.optimizer.state.values()
            for name, value in state.items()
            if name != "step"
        ]
        sizes.append((held(list(self.model.parameters())), held(states)))
        return training_step(self, *inputs)

    TripletTrainer.training_step = noted  # type: ignore[assignment,method-assign]
    with Ranks.of_environment().connected(on_gpu=False):
        for path in arguments.jobs:
            try:
                run(Job.read(path))
            except Ended:
                continue
            print("held", path, *sizes[-1], flush=True)


if __name__ == "__main__":
    main()
