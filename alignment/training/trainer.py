"""transformers' `Trainer` with planned batches, the configured objective and validation pairs."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import safetensors.torch
import torch
from torch.utils.data import DataLoader
from transformers import Trainer, TrainingArguments

from alignment.encoder.forward import EncoderModule
from alignment.training.batching import plan
from alignment.training.checkpoints import BestCheckpoint
from alignment.training.collate import BatchDataset, TripletBatch
from alignment.training.gradient_cache import backward_by_chunk
from alignment.training.job import BEST, PLAN, PROGRESS, TENSORBOARD, Job, PlanSummary
from alignment.training.losses import Loss
from alignment.training.objective import Objective, check_loss
from alignment.training.optimizer import layerwise_adamw, learning_rate_factor
from alignment.training.parts import Parts
from alignment.training.progress import BatchResult, Progress
from alignment.training.sampling import pair_ids
from alignment.training.validation import ValidationPairs
from alignment.training.weights import LOG_SCALE

logger = logging.getLogger(__name__)

WEIGHTS = "model.safetensors"
PAIRS_IN_ERROR = 8  # of the batch, named if its loss is not finite


class PlannedBatches:
    """The batches of the run. They are planned while they are read."""

    def __init__(self, trainer: TripletTrainer) -> None:
        self._trainer = trainer

    def __len__(self) -> int:
        return int(self._trainer.args.max_steps)

    def __iter__(self) -> Iterator[list[int]]:
        return self._trainer.planned(len(self))


class TripletTrainer(Trainer):
    """`Trainer` for batches of triplets."""

    def __init__(
        self,
        model: EncoderModule,
        dataset: BatchDataset,
        validation: ValidationPairs,
        job: Job,
        arguments: TrainingArguments,
        parts: Parts,
    ) -> None:
        """Prepare a training.

        Args:
            model: All modules of the encoder, with adapters or without.
            dataset: The triplets.
            validation: What chooses the best step, if it has pairs.
            job: The settings, the steps, and where files go.
            arguments: Those of transformers' `Trainer`.
            parts: The layers of `model`, for `train.layerwise_lr_decay`.
        """
        settings = job.train
        if settings.learn_scale:  # a parameter of the model, so that checkpoints hold it
            log_scale = torch.tensor(math.log(settings.scale))
            model.register_parameter(LOG_SCALE, torch.nn.Parameter(log_scale))
            # Every process has its whole gradient, because every one has the whole loss. torch
            # looks for a parameter of the wrapped module itself under a name with a dot.
            cast("Any", model)._ddp_params_and_buffers_to_ignore = [LOG_SCALE, f".{LOG_SCALE}"]
        self.job = job
        self.settings = settings
        self.dataset = dataset
        self.parts = parts
        self.validation = validation
        self.last_batch: BatchResult | None = None
        self.best: BestCheckpoint | None = None
        if validation.pairs:
            self.best = BestCheckpoint(
                model,
                self.validation_accuracy,
                job.scratch / BEST,
                evaluate_every=settings.evaluate_every,
                patience=settings.early_stopping_patience,
                saves=arguments.process_index == 0,
            )
        self._objective = Objective(settings)
        write_board = settings.tensorboard and arguments.process_index == 0
        self._progress = Progress(
            job.scratch / PROGRESS,
            lambda: self.last_batch,
            self.best,
            tensorboard=job.scratch / TENSORBOARD if write_board else None,
            start_step=job.start_step,
            pause_step=job.pause_step,
            ranks=dataset.ranks,
        )
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=dataset,
            data_collator=cast("Any", dataset.collate),
            callbacks=[self._progress],
        )

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The planned batches; each process of a distributed run takes its share of each."""
        if self.args.process_index == 0:
            self._write_plan({})
        batches = PlannedBatches(self)
        return DataLoader(
            self.dataset, batch_sampler=cast("Any", batches), collate_fn=self.dataset.collate
        )

    def planned(self, steps: int) -> Iterator[list[int]]:
        """The batches of the first steps of this run."""
        return plan(
            self.dataset.data,
            self.settings,
            steps=steps,
            seed=self.job.seed + self.job.start_step,
        )

    def _write_plan(self, triplets_by_language: dict[str, int]) -> None:
        best_step = self.best.best_step if self.best else None
        summary = PlanSummary(self.settings.batch_tokens, best_step, triplets_by_language)
        summary.write(self.job.scratch / PLAN)

    def finish(self) -> None:
        """Restore the best weights, and record what was trained on until a possible early stop.

        A training that pauses keeps the weights of its last step: it is not known yet which one is
        the best.
        """
        if self.args.process_index or self._progress.paused:
            return
        best_step = self.best.restore_weights() if self.best else None
        if best_step is not None:
            logger.info(
                "keeping the weights of step %d, the best on the validation pairs", best_step
            )
        trained_on = self.planned(self.state.global_step)
        self._write_plan(self.dataset.data.languages_of_batches(trained_on))

    def validation_accuracy(self) -> dict[str, float]:
        """Accuracy on the validation pairs by language, with the present weights."""
        token_ids = self.dataset.data.clean_token_ids(self.validation.sentences())
        shared = self.dataset.shared(token_ids)
        model = cast("torch.nn.Module", self.model)
        model.eval()
        with torch.no_grad(), self.compute_loss_context_manager():
            vectors = self.dataset.ranks.gathered(model(shared.chunks), shared.sizes).cpu()
        model.train()
        in_order = torch.empty_like(vectors).index_copy_(0, torch.tensor(shared.order), vectors)
        return self.validation.accuracy(in_order)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The loss of one batch. A sentence that several triplets share is encoded once."""
        loss = self._checked_loss(model(inputs["chunks"]), inputs)
        return (loss.value, {}) if return_outputs else loss.value

    def training_step(
        self, model: Any, inputs: Any, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Forward and backward; with `train.gradient_cache` see `backward_by_chunk`."""
        if not self.settings.gradient_cache:
            step: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
            return step
        model.train()
        inputs = self._prepare_inputs(inputs)
        loss = backward_by_chunk(
            inputs["chunks"],
            embed=lambda batch: model([batch]),
            objective=lambda vectors: self._checked_loss(vectors, cast("TripletBatch", inputs)),
            autocast=self.compute_loss_context_manager,
            # Sharded weights have none: holding gradients back would keep them whole.
            without_exchange=getattr(model, "no_sync", nullcontext),
        )
        return loss.value.detach()

    def _checked_loss(self, vectors: torch.Tensor, batch: TripletBatch) -> Loss:
        """The loss of a batch, remembered for the progress file.

        Args:
            vectors: Those of this process' chunks.
            batch: What the vectors of all processes are.

        Raises:
            TrainingError: if training cannot recover, see `check_loss`.
        """
        vectors = self.dataset.ranks.gathered(vectors, batch["sizes"])
        loss = self._objective(vectors, batch, self._log_scale())
        rows = batch["indices"][:PAIRS_IN_ERROR]
        check_loss(
            loss,
            self.job.start_step + self.state.global_step + 1,
            lambda: pair_ids(self.job.triplets, rows.tolist()),
        )
        self.last_batch = BatchResult(loss, len(batch["indices"]))
        return loss

    def _log_scale(self) -> torch.Tensor | None:
        """Logarithm of InfoNCE's scale, if it is learned."""
        log_scale: torch.Tensor | None = getattr(self.model, LOG_SCALE, None)
        return log_scale

    def _save(
        self,
        output_dir: str | None = None,
        state_dict: Any = None,
    ) -> None:
        """Write a checkpoint's weights. Tensors that modules share are written once."""
        if not self.args.should_save:  # some versions of transformers ask every process
            return
        directory = Path(output_dir or str(self.args.output_dir))
        directory.mkdir(parents=True, exist_ok=True)
        safetensors.torch.save_model(cast("torch.nn.Module", self.model), str(directory / WEIGHTS))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Read what `_save` wrote.

        Raises:
            RuntimeError: if the checkpoint has other weights than the model.
        """
        file = Path(resume_from_checkpoint) / WEIGHTS
        safetensors.torch.load_model(cast("torch.nn.Module", model or self.model), file)

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW. With `train.layerwise_lr_decay` lower layers have lower learning rates."""
        if self.optimizer is None and self.settings.layerwise_lr_decay < 1:
            self.optimizer = layerwise_adamw(
                cast("torch.nn.Module", self.model),
                self.parts,
                rate=self.args.learning_rate,
                decay=self.settings.layerwise_lr_decay,
                weight_decay=self.args.weight_decay,
            )
        if model is None:  # before 5.3, transformers takes no model here
            return super().create_optimizer()
        return super().create_optimizer(model)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """Warmup and linear decay over all `train.steps`, of which this run may be a part."""

        def factor(step: int) -> float:
            return learning_rate_factor(
                self.job.start_step + step,
                total=self.settings.steps,
                warmup_ratio=self.settings.warmup_ratio,
            )

        if self.lr_scheduler is None:
            optimizer = optimizer or cast("torch.optim.Optimizer", self.optimizer)
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return self.lr_scheduler
