"""The processes of a distributed training, which share every batch.

Each encodes a part of the batch's sentences and gets the vectors of all, so that every process
computes the loss of the whole batch: in-batch negatives come from all processes, and the number of
processes does not change what is trained.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import distributed

from alignment.errors import ConfigError

TIMEOUT = timedelta(hours=2)
"""How long a process waits for the others: one of them may encode what the teacher knows."""


@dataclass(frozen=True)
class Ranks:
    """The place of this process among those that train together; by default it is alone."""

    rank: int = 0
    count: int = 1
    rank_on_host: int = 0

    @classmethod
    def of_environment(cls) -> Ranks:
        """Those that torchrun or Ray Train has started."""
        return cls(
            int(os.environ.get("RANK", "0")),
            int(os.environ.get("WORLD_SIZE", "1")),
            int(os.environ.get("LOCAL_RANK", "0")),
        )

    @contextmanager
    def connected(self, *, on_gpu: bool) -> Iterator[None]:
        """Join the others while the block lasts; whoever started this process may have done so.

        Raises:
            ConfigError: if this machine has fewer GPUs than processes.
            RuntimeError: if they do not answer.
        """
        if self.count == 1 or distributed.is_initialized():
            yield
            return
        if on_gpu:
            self._take_gpu()
        distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=TIMEOUT)
        try:
            yield
        finally:  # otherwise the threads of gloo may abort the process when it exits
            distributed.destroy_process_group()

    def _take_gpu(self) -> None:
        gpus = torch.cuda.device_count()
        if self.rank_on_host >= gpus:
            raise ConfigError(
                f"this machine has {gpus} GPUs, one for each process, and more processes",
                where="train.workers",
                hint=f"Set train.workers: {gpus}, or train on a cluster with runner.kind: ray.",
            )
        torch.cuda.set_device(self.rank_on_host)

    @contextmanager
    def first_on_host(self) -> Iterator[bool]:
        """Whether this process does something for all of its host; the others wait until it has."""
        first = self.rank_on_host == 0
        if not first:
            self._wait()
        yield first
        if first:
            self._wait()

    def _wait(self) -> None:
        if self.count > 1:
            distributed.barrier()

    def agreed(self, decision: bool) -> bool:
        """The decision of the first process, for one that depends on its clock."""
        if self.count == 1:
            return decision
        decisions: list[Any] = [decision]
        distributed.broadcast_object_list(decisions)
        return bool(decisions[0])

    def gathered(self, vectors: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
        """The vectors of all processes (sum of `sizes`, dim), those of the first process first.

        The gradient is that of the sum over all processes: torch's `DistributedDataParallel`
        averages gradients, so the vectors' own is multiplied by the number of processes.

        Args:
            vectors: Those of this process, perhaps with fillers after its own.
            sizes: How many vectors each process has.
        """
        if self.count == 1:
            return vectors
        gathered: torch.Tensor = _Gather.apply(vectors[: sizes[self.rank]], sizes, self.rank)  # type: ignore[no-untyped-call]
        return gathered


def is_lost_peer(error: RuntimeError) -> bool:
    """Whether the error means that another process or its machine is gone.

    gloo raises a plain RuntimeError.
    """
    return isinstance(error, distributed.DistError) or "gloo" in str(error)


class _Gather(torch.autograd.Function):
    """All processes' rows, one process after the other."""

    @staticmethod
    def forward(ctx: Any, own: torch.Tensor, sizes: Sequence[int], rank: int) -> torch.Tensor:
        start = sum(sizes[:rank])
        ctx.own_rows = slice(start, start + sizes[rank])
        ctx.ranks = len(sizes)
        # gloo exchanges tensors of one shape only.
        filled = own.new_zeros(max(sizes), own.shape[1])
        filled[: len(own)] = own
        parts = [torch.empty_like(filled) for _ in sizes]
        distributed.all_gather(parts, filled)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return gradients[0][ctx.own_rows] * ctx.ranks, None, None


def shares(costs: Sequence[int], count: int) -> list[list[int]]:
    """Numbers of the parts that each of `count` processes takes, ascending, with even costs.

    The most expensive part goes first, each to the process with the least to do.

    >>> shares([5, 4, 3, 2], 2)
    [[0, 3], [1, 2]]
    """
    taken: list[list[int]] = [[] for _ in range(count)]
    loads = [(0, rank) for rank in range(count)]
    for part in sorted(range(len(costs)), key=lambda number: (-costs[number], number)):
        load, rank = loads[0]
        taken[rank].append(part)
        heapq.heapreplace(loads, (load + costs[part], rank))
    return [sorted(parts) for parts in taken]
