"""Fine-tune an encoder on triplets. transformers' `Trainer` is the engine.

Trades generality for speed: the vocabulary is reduced to the corpus' tokens while training, and
batches come from a plan that is fixed in advance, so that a resumed run sees the same batches.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments, set_seed

from alignment import memory
from alignment.config import Train
from alignment.encoder.encoder import Encoder, embed, load, save
from alignment.encoder.vocabulary import reduce_vocabulary, restore_vocabulary
from alignment.errors import Collapsed, NonFiniteLoss
from alignment.training.batching import plan
from alignment.training.data import UNUSED, BatchDataset, TripletData, read_triplets
from alignment.training.job import BATCHES, PROGRESS, Job
from alignment.training.losses import Loss, infonce_loss, triplet_loss

logger = logging.getLogger(__name__)

CHECKPOINTS = 5  # per run
CHUNK_TOKENS = 2048  # on a processor: the activations of a chunk stay in its cache
TRIM_STEPS = 4  # without it the heap grows from 2.5 to over 4 GB in a hundred steps
COLLAPSED_DISTANCE = 1e-4  # mean distance of mismatched sentences below which all vectors are one


def run(job: Job) -> None:
    """Train as `job` says and write the encoder directory `job.output`.

    Raises:
        NonFiniteLoss: with the step and the batch's pair ids.
        Collapsed: if mismatched sentences end at the same point.
    """
    set_seed(job.seed)
    encoder = load(job.encoder)
    data = read_triplets(job.triplets, encoder, explicit=job.train.explicit, seed=job.seed)
    reduction = reduce_vocabulary(encoder.model, data.used_tokens())
    data = dataclasses.replace(data, sentences=[reduction.reduced(ids) for ids in data.sentences])
    own_memory(encoder.model)
    if job.train.steps:
        _fit(job, encoder, data)
    del data
    memory.release()  # the optimiser's state goes before the whole matrix comes back
    whole = load(job.encoder).model
    restore_vocabulary(encoder.model, reduction, whole)
    save(job.output, whole, encoder.tokenizer, encoder.settings)


def own_memory(model: torch.nn.Module) -> None:
    """Copy the weights out of the mapped file, so that the rows that were left out are not held in memory."""
    for parameter in model.parameters():
        parameter.data = parameter.data.clone()


def use_bf16(precision: str) -> bool:
    """Whether to train in bf16: as asked, or by what the processor can do."""
    if precision != "auto":
        return precision == "bf16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _fit(job: Job, encoder: Encoder, data: TripletData) -> None:
    settings = job.train
    _set_dropout(encoder.model, settings.dropout)
    if not torch.cuda.is_available():
        # The fused kernel's backward pass takes a third of a step at 20 tokens (torch 2.13, no GPU).
        encoder.model.set_attn_implementation("eager")
    arguments = TrainingArguments(
        output_dir=str(job.scratch / "checkpoints"),
        max_steps=settings.steps,
        learning_rate=settings.learning_rate,
        warmup_steps=math.ceil(settings.warmup * settings.steps),
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        lr_scheduler_type="linear",
        bf16=use_bf16(settings.precision),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=max(1, math.ceil(settings.steps / CHECKPOINTS)),
        save_total_limit=1,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        seed=job.seed,
    )
    trainer = TripletTrainer(encoder, data, settings, job.seed, job.scratch / PROGRESS, arguments)
    trainer.train(resume_from_checkpoint=_last_checkpoint(job.scratch / "checkpoints"))


class TripletTrainer(Trainer):
    """`Trainer` with our batches and our loss."""

    def __init__(
        self, encoder: Encoder, data: TripletData, settings: Train, seed: int, progress: Path, arguments: TrainingArguments
    ) -> None:
        # Reduced rows lie where other tokens' ids would: padding is the model's own, not the tokenizer's.
        padding = int(getattr(encoder.model.get_input_embeddings(), "padding_idx", None) or 0)
        dataset = BatchDataset(data, padding, CHUNK_TOKENS if arguments.use_cpu else settings.batch_tokens)
        self.settings = settings
        self.pooling = encoder.settings.pooling
        self.identities = data.identities
        self.plan_seed = seed
        self.last: Loss | None = None
        self.batch_triplets = 0
        self.progress = progress
        super().__init__(
            model=encoder.model, args=arguments, train_dataset=dataset, data_collator=dataset.collate,
            callbacks=[ProgressFile(progress, self)],
        )  # fmt: skip
        self.batches = dataset

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The planned batches; every process of a distributed run takes its share of each step."""
        world, rank = self.args.world_size, self.args.process_index
        batches = plan(
            self.batches.data.items(), steps=self.settings.steps * world, batch_size=self.settings.batch_size,
            batch_tokens=self.settings.batch_tokens, seed=self.plan_seed,
        )  # fmt: skip
        self._count(batches)
        return DataLoader(self.batches, batch_sampler=batches[rank::world], collate_fn=self.batches.collate)

    def _count(self, batches: list[list[int]]) -> None:
        """Leave behind how often each pool's triplets come, for the ledger."""
        pools = self.batches.data.pools
        counts = Counter(pools[index] for batch in batches for index in batch)
        (self.progress.parent / BATCHES).write_text(json.dumps(dict(sorted(counts.items()))))

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:  # noqa: ANN401
        """The configured loss of one batch; a sentence that stands in it twice is encoded once."""
        embedded = [embed(model, ids, mask, self.pooling) for ids, mask in inputs["chunks"]]
        vectors = torch.cat(embedded).float()  # (distinct, dim)
        anchors, positives, negatives = inputs["rows"].unbind(dim=1)  # (batch,) each
        owners = (negatives != UNUSED).nonzero().squeeze(1)
        a, p, n = vectors[anchors], vectors[positives], vectors[negatives[owners]]
        groups, negative_groups = inputs["groups"][:, 0], inputs["groups"][owners, 1]
        # In bf16 two cosines near 0.9 would be told apart in steps of 0.004 only.
        with torch.autocast(vectors.device.type, enabled=False):
            loss = self._loss(a, p, n, groups, negative_groups, owners)
        step = self.state.global_step + 1
        if not loss.value.isfinite():
            ids = ", ".join(self.identities[i] for i in inputs["indices"].tolist()[:8])
            raise NonFiniteLoss(
                f"the loss is {loss.value.item()} at step {step}", where=f"pairs {ids}",
                hint="Lower train.learning_rate, or train with precision: fp32.",
            )  # fmt: skip
        if loss.negative < COLLAPSED_DISTANCE and step > 1:
            raise Collapsed(
                f"mismatched sentences are {loss.negative.item():.1e} apart at step {step}: all vectors are one point",
                hint="Lower train.learning_rate, or raise train.margin.",
            )
        self.last, self.batch_triplets = loss, len(a)
        return (loss.value, {}) if return_outputs else loss.value

    def _loss(self, a: Any, p: Any, n: Any, groups: Any, negative_groups: Any, owners: Any) -> Loss:  # noqa: ANN401 - tensors
        settings = self.settings
        if settings.loss == "infonce":
            return infonce_loss(a, p, n, groups, negative_groups, scale=settings.scale)
        return triplet_loss(
            a, p, n, groups, negative_groups, owners, margin=settings.margin, distance=settings.distance,
            in_batch=settings.in_batch,
        )  # fmt: skip


class ProgressFile(TrainerCallback):
    """One JSON line per step, for the parent's progress bar and the report's curves."""

    def __init__(self, path: Path, trainer: TripletTrainer) -> None:
        self.path = path
        self.trainer = trainer
        self.started = 0.0

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Forget the steps after the checkpoint that training goes on from."""
        kept = [line for line in read_progress(self.path) if line["step"] <= state.global_step]
        self.path.write_text("".join(json.dumps(line) + "\n" for line in kept))
        self.started = time.monotonic()

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """Append the step's figures; now and then give freed memory back."""
        if state.global_step % TRIM_STEPS == 0:
            memory.trim()
        if self.trainer.last is None or not state.is_world_process_zero:
            return
        now = time.monotonic()
        seconds, self.started = now - self.started, now
        loss = self.trainer.last
        line = {
            "step": state.global_step, "loss": loss.value.item(), "active": loss.active.item(),
            "positive": loss.positive.item(), "negative": loss.negative.item(), "triplets": self.trainer.batch_triplets,
            "seconds": round(seconds, 4),
        }  # fmt: skip
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def read_progress(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a progress file, which may be growing."""
    if not path.is_file():
        return []
    lines = path.read_text().split("\n")
    return [json.loads(line) for line in lines[:-1]]


def _set_dropout(model: torch.nn.Module, probability: float) -> None:
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = probability


def _last_checkpoint(directory: Path) -> str | None:
    """The newest whole checkpoint; one that a killed process left half-written is removed."""
    found = sorted(directory.glob("checkpoint-*"), key=lambda path: -int(path.name.rpartition("-")[2]))
    for path in found:
        try:
            json.loads((path / "trainer_state.json").read_text())
        except (OSError, ValueError):
            shutil.rmtree(path)
            continue
        logger.info("resuming from %s", path.name)
        return str(path)
    return None
