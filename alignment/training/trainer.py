"""Fine-tune an encoder on triplets. transformers' `Trainer` is the engine.

Trades generality for speed: the vocabulary is reduced to the corpus' tokens while training, and
batches come from a plan that is fixed in advance, so that a resumed run sees the same batches.
"""

from __future__ import annotations

import json
import logging
import math
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments, set_seed

from alignment import memory
from alignment.encoder.center import center
from alignment.encoder.device import BF16_EMULATED_WARNING, fastest_device, has_bf16
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.packing import Packed, embed_packed, use_packing
from alignment.encoder.padding import Pooling, embed
from alignment.encoder.vocabulary import reduce_vocabulary, restore_vocabulary
from alignment.errors import Collapsed, ConfigError, NonFiniteLoss, TrainingError
from alignment.training.batching import plan
from alignment.training.data import UNUSED, BatchDataset, Teacher, TripletData, read_triplets
from alignment.training.job import PLAN, PROGRESS, TENSORBOARD, Job
from alignment.training.losses import Loss, geometry_loss, infonce_loss, matryoshka, triplet_loss
from alignment.training.progress import Judge, Progress, Watched
from alignment.training.validation import Development, split
from alignment.training.weights import (
    LOG_SCALE,
    adapted,
    freeze,
    layer_groups,
    own_memory,
    set_dropout,
)

logger = logging.getLogger(__name__)

KEPT = 5  # checkpoints that a run writes, of which the last one stays
CHECKPOINTS = "checkpoints"
BEST = "best.safetensors"
CHUNK_TOKENS = {
    "cpu": 3072,
    "cuda": 16_384,
}  # of one forward pass: what keeps the matrix products busy
CENTERD_BY = 40  # sentences of each language, and as many of the pivot as of all others
COLLAPSED_DISTANCE = 1e-4  # mean distance of mismatched sentences below which all vectors are one


def run(job: Job) -> None:
    """Train as `job` says and write the encoder directory `job.output`.

    Out of memory, it begins again with half the tokens a batch, once.

    Raises:
        NonFiniteLoss: with the step and the batch's pair ids.
        Collapsed: if mismatched sentences end at the same point.
        TrainingError: if memory does not suffice for half the tokens either.
    """
    whole = job.train.batch_tokens
    begun = (
        json.loads((job.scratch / PLAN).read_text())["batch_tokens"]
        if (job.scratch / PLAN).is_file()
        else whole
    )
    for tokens in (whole, whole // 2):
        if tokens > begun:  # an interrupted run was halved already
            continue
        try:
            return _run(
                job.model_copy(
                    update={"train": job.train.model_copy(update={"batch_tokens": tokens})}
                )
            )
        except (MemoryError, RuntimeError) as error:
            if not _out_of_memory(error):
                raise
            logger.warning("out of memory with %d tokens a batch", tokens)
        shutil.rmtree(job.scratch / CHECKPOINTS, ignore_errors=True)
        (job.scratch / BEST).unlink(missing_ok=True)
        memory.release()
    raise TrainingError(
        f"out of memory, with {whole // 2} tokens a batch too",
        where="train.batch_tokens",
        hint="Lower train.batch_tokens or train.batch_size, or set train.gradient_cache: true.",
    )


def _out_of_memory(error: Exception) -> bool:
    return isinstance(
        error, (MemoryError, torch.OutOfMemoryError)
    ) or "can't allocate memory" in str(error)


def _run(job: Job) -> None:
    set_seed(job.seed + job.first)
    encoder = load_encoder(job.encoder, device="cpu")
    data = read_triplets(job.triplets, encoder, job.train, pivot=job.pivot, seed=job.seed)
    _check_dims(job.train.matryoshka_dims, encoder.dim)
    if job.train.center and not job.first:  # a later part goes on from centered weights
        center(encoder, data.sample(CENTERD_BY, job.pivot, seed=job.seed))
    teacher = None
    if job.train.distill_weight and job.train.steps:
        teacher = Teacher.of_pivot(
            data,
            encoder if job.teacher == job.encoder else load_encoder(job.teacher, device="cpu"),
            job.pivot,
        )
    reduction = reduce_vocabulary(encoder.model, data.used_tokens())
    data, development = split(data.reduced(reduction), job.train.validation_share, job.pivot)
    own_memory(encoder.model)
    if job.train.steps:
        _fit(job, encoder, data, development, teacher)
    del data, teacher
    memory.release()  # the optimizer's state goes before the whole matrix comes back
    if int(os.environ.get("RANK", "0")):
        return  # of the processes that trained together one writes
    whole = load_encoder(job.encoder, device="cpu").model
    restore_vocabulary(encoder.model, reduction, whole)
    save_encoder(job.output, whole, encoder.tokenizer, encoder.settings)


def use_bf16(precision: str) -> bool:
    """Whether to train in bf16: as asked, or by what the processor or the GPU can do."""
    able = has_bf16(fastest_device())
    if precision == "bf16" and not able:
        logger.warning("%s", BF16_EMULATED_WARNING)
    return precision == "bf16" or (precision == "auto" and able)


def _fit(
    job: Job, encoder: Encoder, data: TripletData, development: Development, teacher: Teacher | None
) -> None:
    settings = job.train
    on_gpu = torch.cuda.is_available()
    set_dropout(encoder.model, settings.dropout, bytewise=not on_gpu)
    freeze(encoder.model, settings.freeze)
    if settings.gradient_checkpointing:
        encoder.model.gradient_checkpointing_enable()
    if not on_gpu:
        # The fused kernel's backward pass takes a third of a step at 20 tokens (torch 2.13, no GPU).
        encoder.model.set_attn_implementation("eager")
    packed = not on_gpu and use_packing(encoder.model, encoder.settings.pooling)
    arguments = TrainingArguments(
        output_dir=str(job.scratch / CHECKPOINTS),
        max_steps=job.last - job.first,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        bf16=use_bf16(settings.precision),
        use_cpu=not on_gpu,
        save_strategy="steps",
        save_steps=max(1, math.ceil((job.last - job.first) / KEPT)),
        save_total_limit=1,
        logging_strategy="steps",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        seed=job.seed,
    )
    # Reduced rows lie where other tokens' ids would: padding is the model's own, not the tokenizer's.
    padding = int(getattr(encoder.model.get_input_embeddings(), "padding_idx", None) or 0)
    chunk = CHUNK_TOKENS["cuda" if on_gpu else "cpu"]
    dataset = BatchDataset(data, padding, chunk, packed=packed, teacher=teacher)
    model: Any = adapted(encoder.model, settings.lora_rank) if settings.lora_rank else encoder.model
    trainer = TripletTrainer(model, dataset, development, job, encoder.settings.pooling, arguments)
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=_last_checkpoint(job.scratch / CHECKPOINTS))
    trainer.finish()
    if settings.lora_rank:
        model.merge_and_unload()


class TripletTrainer(Trainer):
    """`Trainer` with our batches and our loss."""

    def __init__(
        self,
        model: Any,
        dataset: BatchDataset,
        development: Development,
        job: Job,
        pooling: Pooling,
        arguments: TrainingArguments,
    ) -> None:
        settings = job.train
        if settings.learn_scale:  # with the model's own, so that checkpoints hold it
            model.register_parameter(
                LOG_SCALE, torch.nn.Parameter(torch.tensor(math.log(settings.scale)))
            )
        self.settings = settings
        self.pooling = pooling
        self.plan_seed = job.seed + job.first
        self.first = job.first
        self.scratch = job.scratch
        self.watched: Watched | None = None
        self.batches = dataset
        self.development = development
        self.judge = (
            Judge(
                model,
                self.measure,
                job.scratch / BEST,
                every=settings.evaluate_every,
                patience=settings.early_stopping_patience,
            )
            if development.pairs
            else None
        )
        board = (
            job.scratch / TENSORBOARD
            if settings.tensorboard and not int(os.environ.get("RANK", "0"))
            else None
        )
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=dataset,
            data_collator=dataset.collate,
            callbacks=[
                Progress(
                    job.scratch / PROGRESS, lambda: self.watched, self.judge, board, first=job.first
                )
            ],
        )

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The planned batches; every process of a distributed run takes its share of each step."""
        world, rank = self.args.world_size, self.args.process_index
        steps = self.args.max_steps * world
        self.planned = plan(
            self.batches.data.items(), self.settings, steps=steps, seed=self.plan_seed
        )
        if rank == 0:
            self._tell(self.planned)
        return DataLoader(
            self.batches, batch_sampler=self.planned[rank::world], collate_fn=self.batches.collate
        )

    def _tell(self, batches: list[list[int]]) -> None:
        """Leave behind how often each pool's triplets come, for the ledger."""
        pools = self.batches.data.pools
        counts = Counter(pools[index] for batch in batches for index in batch)
        told = {
            "batch_tokens": self.settings.batch_tokens,
            "best": self.judge.best if self.judge else None,
        }
        (self.scratch / PLAN).write_text(
            json.dumps({**told, "pools": dict(sorted(counts.items()))})
        )

    def finish(self) -> None:
        """Take the best step's weights, and tell what was trained on: an early stop leaves batches out."""
        if self.args.process_index:
            return
        best = self.judge.restore() if self.judge else None
        if best is not None:
            logger.info("the weights are those of step %d, the best on the development pairs", best)
        self._tell(self.planned[: self.state.global_step * self.args.world_size])

    def measure(self) -> dict[str, float]:
        """Development accuracy by language, with the weights as they are."""
        rows = [self.batches.data.sentences[sentence] for sentence in self.development.sentences()]
        model = cast("torch.nn.Module", self.model)
        indices, found = [], []
        model.eval()
        with torch.no_grad(), self.compute_loss_context_manager():
            for own, chunk in self.batches.chunks(rows):
                indices += own
                found.append(
                    _embed(
                        model,
                        cast("Any", self._prepare_inputs({"chunk": chunk}))["chunk"],
                        self.pooling,
                    )
                )
        model.train()
        vectors = torch.cat(found).cpu()
        return self.development.accuracy(
            torch.empty_like(vectors).index_copy_(0, torch.tensor(indices), vectors)
        )

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The configured loss of one batch; a sentence that stands in it twice is encoded once."""
        embedded = [_embed(model, chunk, self.pooling) for chunk in inputs["chunks"]]
        loss = self._objective(torch.cat(embedded), inputs)
        return (loss.value, {}) if return_outputs else loss.value

    def training_step(
        self, model: Any, inputs: Any, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Forward and backward; with `gradient_cache` chunk by chunk, so that one chunk's activations are held.

        The vectors first, then the loss' gradient at them, then each chunk again with its part of it (GradCache,
        Gao et al. 2021). Dropout is the same both times: the generator is set back.
        """
        if not self.settings.gradient_cache:
            step: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
            return step
        model.train()
        inputs = self._prepare_inputs(inputs)
        states, found = [], []
        with torch.no_grad(), self.compute_loss_context_manager():
            for chunk in inputs["chunks"]:
                states.append(_generators())
                found.append(_embed(model, chunk, self.pooling))
        vectors = torch.cat(found).requires_grad_()
        loss = self._objective(vectors, inputs)
        loss.value.backward()
        after, gradients = (
            _generators(),
            cast("torch.Tensor", vectors.grad).split([len(one) for one in found]),
        )
        for chunk, state, gradient in zip(inputs["chunks"], states, gradients, strict=True):
            _set_generators(state)
            with self.compute_loss_context_manager():
                again = _embed(model, chunk, self.pooling)
            again.backward(gradient)
        _set_generators(after)
        return loss.value.detach()

    def _objective(self, vectors: torch.Tensor, inputs: Any) -> Loss:
        """The loss of a batch's vectors (distinct, dim), watched."""
        anchors, positives, negatives = inputs["rows"].unbind(dim=1)  # (batch,) each
        owners = (negatives != UNUSED).nonzero().squeeze(1)
        a, p, n = vectors[anchors], vectors[positives], vectors[negatives[owners]]
        groups, negative_groups = inputs["groups"][:, 0], inputs["groups"][owners, 1]
        # In bf16 two cosines near 0.9 would be told apart in steps of 0.004 only.
        with torch.autocast(vectors.device.type, enabled=False):
            loss = self._loss(a, p, n, groups, negative_groups, owners)
            if len(inputs["taught"]):
                kept = geometry_loss(vectors[inputs["taught"]], inputs["teacher"])
                loss = loss._replace(value=loss.value + self.settings.distill_weight * kept)
        step = self.first + self.state.global_step + 1
        if not loss.value.isfinite():
            ids = ", ".join(self.batches.data.identities[i] for i in inputs["indices"].tolist()[:8])
            raise NonFiniteLoss(
                f"the loss is {loss.value.item()} at step {step}",
                where=f"pairs {ids}",
                hint="Lower train.learning_rate, or train with precision: fp32.",
            )
        if loss.negative < COLLAPSED_DISTANCE and step > 1:
            raise Collapsed(
                f"mismatched sentences are {loss.negative.item():.1e} apart at step {step}: all vectors are one point",
                hint="Lower train.learning_rate, or raise train.margin.",
            )
        self.watched = Watched(loss, len(a))
        return loss

    def _loss(self, a: Any, p: Any, n: Any, groups: Any, negative_groups: Any, owners: Any) -> Loss:
        """The mean over all dimensions that the vectors may be cut to; figures are of the whole vectors."""
        dims = {*self.settings.matryoshka_dims, a.shape[1]}
        cut = zip(*(matryoshka(x, list(dims)) for x in (a, p, n)), strict=True)
        losses = [self._one_loss(x, y, z, groups, negative_groups, owners) for x, y, z in cut]
        return losses[0]._replace(value=torch.stack([loss.value for loss in losses]).mean())

    def _one_loss(
        self, a: Any, p: Any, n: Any, groups: Any, negative_groups: Any, owners: Any
    ) -> Loss:
        settings = self.settings
        contrast = hinge = None
        if settings.loss != "triplet":
            scale = getattr(self.model, LOG_SCALE).exp() if settings.learn_scale else settings.scale
            contrast = infonce_loss(
                a, p, n, groups, negative_groups, scale=scale, margin=settings.additive_margin
            )
        if settings.loss != "infonce":
            hinge = triplet_loss(
                a,
                p,
                n,
                groups,
                negative_groups,
                owners,
                margin=settings.margin,
                distance=settings.distance,
                in_batch=settings.in_batch_negatives,
                soft=settings.soft_margin,
                active_mean=settings.reduction == "active",
            )
        if contrast and hinge:
            return hinge._replace(
                value=settings.triplet_weight * hinge.value
                + (1 - settings.triplet_weight) * contrast.value
            )
        return hinge or contrast  # type: ignore[return-value]  # one of them is there

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW; with `layer_decay` the layers below learn more slowly, the embeddings slowest."""
        if self.optimizer is None and self.settings.layerwise_lr_decay < 1:
            groups = layer_groups(
                cast("torch.nn.Module", self.model),
                self.settings.layerwise_lr_decay,
                self.args.learning_rate,
                self.args.weight_decay,
            )
            self.optimizer = torch.optim.AdamW(groups, lr=self.args.learning_rate)
        return super().create_optimizer(model)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> torch.optim.lr_scheduler.LRScheduler:
        """The learning rate rises, then falls to 0 over all `train.steps`, of which this may be a part."""
        total, rising = (
            self.settings.steps,
            math.ceil(self.settings.warmup_ratio * self.settings.steps),
        )

        def share(step: int) -> float:
            done = self.first + step
            return (
                done / rising
                if done < rising
                else max(0.0, (total - done) / max(1, total - rising))
            )

        if self.lr_scheduler is None:
            found = optimizer or cast("torch.optim.Optimizer", self.optimizer)
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(found, share)
        return self.lr_scheduler


def _generators() -> list[torch.Tensor]:
    """The states that dropout draws from: of the processor, and of the current GPU."""
    return [
        torch.get_rng_state(),
        *([torch.cuda.get_rng_state()] if torch.cuda.is_available() else []),
    ]


def _set_generators(states: Sequence[torch.Tensor]) -> None:
    torch.set_rng_state(states[0])
    for state in states[1:]:
        torch.cuda.set_rng_state(state)


def _check_dims(dims: Sequence[int], dim: int) -> None:
    if wrong := [d for d in dims if not 0 < d <= dim]:
        raise ConfigError(
            f"vectors have {dim} dimensions and cannot be cut to {wrong[0]}",
            where="train.matryoshka_dims",
        )


def _embed(
    model: torch.nn.Module, chunk: Packed | tuple[torch.Tensor, torch.Tensor], pooling: Pooling
) -> torch.Tensor:
    """Unit vectors (sentences, dim) of one chunk."""
    return (
        embed_packed(model, chunk, pooling)
        if isinstance(chunk, Packed)
        else embed(model, *chunk, pooling)
    )


def _last_checkpoint(directory: Path) -> str | None:
    """The newest whole checkpoint; one that a killed process left half-written is removed."""
    found = sorted(
        directory.glob("checkpoint-*"), key=lambda path: -int(path.name.rpartition("-")[2])
    )
    for path in found:
        try:
            json.loads((path / "trainer_state.json").read_text())
        except (OSError, ValueError):
            shutil.rmtree(path)
            continue
        logger.info("resuming from %s", path.name)
        return str(path)
    return None
