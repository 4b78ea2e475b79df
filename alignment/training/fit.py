"""Train a loaded encoder on tokenized triplets, in place."""

from __future__ import annotations

import logging
import math
from typing import Any

import torch
from transformers import PrinterCallback, TrainingArguments

from alignment.encoder.device import BF16_EMULATED_WARNING, fastest_device, has_bf16
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import EncoderModule
from alignment.encoder.packing_probe import use_packing
from alignment.errors import ConfigError
from alignment.training.collate import BatchDataset
from alignment.training.data import TripletData
from alignment.training.job import CHECKPOINTS, Job
from alignment.training.parts import encoder_parts
from alignment.training.ranks import Ranks
from alignment.training.resume import newest_checkpoint
from alignment.training.sharded_trainer import ShardedTrainer
from alignment.training.teacher import Teacher
from alignment.training.trainer import TripletTrainer
from alignment.training.validation import ValidationPairs
from alignment.training.weights import add_lora, freeze, set_dropout

logger = logging.getLogger(__name__)

NUM_CHECKPOINTS = 5  # that a run writes; only the last one is kept
CHUNK_TOKENS = {"cpu": 3072, "cuda": 16_384}  # per forward pass: enough for fast matrix products


def fit(
    job: Job,
    encoder: Encoder,
    data: TripletData,
    validation: ValidationPairs,
    teacher: Teacher | None,
    *,
    pad_id: int,
    ranks: Ranks,
) -> None:
    """Train the encoder's model as `job` describes, from the newest checkpoint if there is one.

    Args:
        job: The settings, the steps, and where checkpoints go.
        encoder: Its vocabulary is reduced already.
        data: What to train on, with the token ids of the reduced vocabulary.
        validation: What chooses the best step; without pairs the last step's weights are kept.
        teacher: What to distill from, if `train.distill_weight` is set.
        pad_id: The row of the reduced vocabulary that pads: not the tokenizer's padding id.
        ranks: The processes that train together.

    Raises:
        ConfigError: if the settings do not fit the model, or an optional package is missing.
        TrainingError: if training cannot recover.
    """
    settings = job.train
    on_gpu = torch.cuda.is_available()
    set_dropout(encoder.container, settings.dropout, bytewise=not on_gpu)
    if settings.gradient_checkpointing:
        _checkpoint_activations(encoder)
    if not on_gpu:
        # The fused kernel's backward pass takes a third of a step of 20-token sentences on a CPU
        # (torch 2.13).
        encoder.model.set_attn_implementation("eager")
    parts = encoder_parts(encoder.container, data.sample_rows()[0])
    packed = not on_gpu and use_packing(encoder.container, data.sample_rows(), pad_id)
    dataset = BatchDataset(
        data,
        pad_id,
        CHUNK_TOKENS["cuda" if on_gpu else "cpu"],
        side=encoder.padding_side,
        packed=packed,
        teacher=teacher,
        ranks=ranks,
    )
    adapters = add_lora(encoder.model, settings.lora_rank) if settings.lora_rank else None
    freeze(encoder.container, settings.freeze, parts)
    module = _module(encoder)
    arguments = _arguments(job, on_gpu=on_gpu)
    sharded = settings.sharding == "fsdp" and ranks.count > 1
    kind = ShardedTrainer if sharded else TripletTrainer
    trainer = kind(module, dataset, validation, job, arguments, parts)
    trainer.remove_callback(PrinterCallback)
    with ranks.first_on_host():  # which deletes damaged ones
        checkpoint = newest_checkpoint(job.scratch / CHECKPOINTS)
    if checkpoint:
        logger.info("resuming from %s", checkpoint.name)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.finish()
    if adapters is not None and not ranks.rank:  # the first one has whole weights, and writes
        adapters.merge_and_unload()


def _module(encoder: Encoder) -> EncoderModule:
    """All modules as one.

    Raises:
        ConfigError: if the pooling leaves out prompts and the two sides' have different lengths.
    """
    lengths = {encoder.prompt_length("source"), encoder.prompt_length("target")}
    if len(lengths) > 1:
        raise ConfigError(
            "this encoder's pooling leaves out the prompt, and the two prompts have different "
            f"numbers of tokens: {encoder.prompts.source!r}, {encoder.prompts.target!r}",
            where="encoder.prompts",
            hint="Use one prompt for both sides.",
        )
    return EncoderModule(encoder.container, lengths.pop())


def _checkpoint_activations(encoder: Encoder) -> None:
    """Recompute activations in the backward pass.

    Not the reentrant way: it gives no gradients if the embeddings are frozen.
    """
    # The old name is deprecated; early 5.x has no other.
    model: Any = encoder.model
    enable = getattr(model, "activation_checkpointing_enable", model.gradient_checkpointing_enable)
    try:
        enable({"use_reentrant": False})
    except ValueError as error:
        raise ConfigError(
            f"{type(encoder.model).__name__} has no gradient checkpointing",
            where="train.gradient_checkpointing",
            hint="Set train.gradient_cache: true, which saves memory with every model.",
        ) from error


def _arguments(job: Job, *, on_gpu: bool) -> TrainingArguments:
    settings = job.train
    steps = job.end_step - job.start_step
    return TrainingArguments(
        output_dir=str(job.scratch / CHECKPOINTS),
        max_steps=steps,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        bf16=use_bf16(settings.precision),
        use_cpu=not on_gpu,
        save_strategy="steps",
        save_steps=max(1, math.ceil(steps / NUM_CHECKPOINTS)),
        save_total_limit=1,
        logging_strategy="steps",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=True,  # a pooler that no vector depends on
        seed=job.seed,
    )


def use_bf16(precision: str) -> bool:
    """Whether to train in bf16: "auto" asks the CPU or GPU, "bf16" insists, with a warning."""
    supported = has_bf16(fastest_device())
    if precision == "bf16" and not supported:
        logger.warning("%s", BF16_EMULATED_WARNING)
    return precision == "bf16" or (precision == "auto" and supported)
