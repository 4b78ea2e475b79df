"""`TripletTrainer` whose weights and optimizer states are divided among the processes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.utils import AutocastKwargs  # type: ignore[import-untyped]

from alignment.training.sharding import (
    gather_weights,
    load_state,
    shard,
    whole,
    whole_state,
    whole_weights,
)
from alignment.training.trainer import TripletTrainer
from alignment.training.weights import LOG_SCALE

OPTIMIZER = "optimizer.pt"
SCHEDULER = "scheduler.pt"
"""As transformers names them."""


class ShardedTrainer(TripletTrainer):
    """`TripletTrainer` for `train.sharding: fsdp`.

    Its checkpoints are those of `TripletTrainer`, with whole tensors: either resumes from those of
    the other, and with another number of processes.
    """

    def create_accelerator_and_postprocess(self) -> None:
        """Leave the wrapping to `create_optimizer`; autocast stays.

        Without autocast's cache, which would keep a copy of all weights in bf16 during a forward
        pass.
        """
        super().create_accelerator_and_postprocess()
        accelerator = cast("Any", self.accelerator)
        accelerator.autocast_handler = AutocastKwargs(cache_enabled=False)
        accelerator.prepare_model = partial(accelerator.prepare_model, evaluation_mode=True)

    def _move_model_to_device(self, model: Any, device: torch.device) -> None:
        """Nothing: each process moves its part, when the weights are sharded."""

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Shard the weights, which a checkpoint has given their values, and optimize the parts."""
        if self.optimizer is None:
            layers = [module for module, part in self.parts.roots.items() if part >= 0]
            module = cast("torch.nn.Module", self.model)
            copied = LOG_SCALE if self.settings.learn_scale else None
            shard(module, layers, self.args.device.type, copied=copied)
        return super().create_optimizer(model)

    def _log_scale(self) -> torch.Tensor | None:
        scale = super()._log_scale()
        return None if scale is None else cast("Any", scale).to_local()

    def _clip_grad_norm(self, model: Any) -> torch.Tensor:
        """Clip by the norm over all processes, which each of them gets."""
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), self.args.max_grad_norm)
        return whole(norm)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write the whole weights in the first process; the others send it theirs."""
        module = cast("torch.nn.Module", self.model)
        with whole_weights(module, keep=self.args.should_save):
            self._save(output_dir)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        optimizer = cast("torch.optim.Optimizer", self.optimizer)
        state = whole_state(optimizer, keep=self.args.should_save)
        if self.args.should_save:
            torch.save(state, Path(output_dir) / OPTIMIZER)
            scheduler = cast("torch.optim.lr_scheduler.LRScheduler", self.lr_scheduler)
            torch.save(scheduler.state_dict(), Path(output_dir) / SCHEDULER)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        """Map the optimizer's file: it may be larger than the memory of the device."""
        if checkpoint is None:
            return
        file = Path(checkpoint) / OPTIMIZER
        state = torch.load(file, map_location="cpu", mmap=True, weights_only=True)
        load_state(cast("torch.optim.Optimizer", self.optimizer), state)
        scheduler = cast("torch.optim.lr_scheduler.LRScheduler", self.lr_scheduler)
        scheduler.load_state_dict(torch.load(Path(checkpoint) / SCHEDULER, weights_only=True))

    def finish(self) -> None:
        """Gather the weights in the first process, which writes them, and finish as without."""
        gather_weights(cast("torch.nn.Module", self.model), keep=self.args.process_index == 0)
        super().finish()
