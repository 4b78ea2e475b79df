"""Train a loaded encoder on tokenized triplets, in place."""

from __future__ import annotations

import logging
import math
from typing import Any

import torch
from transformers import PrinterCallback, TrainingArguments

from alignment.encoder.device import BF16_EMULATED_WARNING, fastest_device, has_bf16
from alignment.encoder.encoder import Encoder
from alignment.encoder.packing import use_packing
from alignment.training.collate import BatchDataset
from alignment.training.data import TripletData
from alignment.training.job import CHECKPOINTS, Job
from alignment.training.resume import newest_checkpoint
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
) -> None:
    """Train the encoder's model as `job` describes, from the newest checkpoint if there is one.

    Args:
        job: The settings, the steps, and where checkpoints go.
        encoder: Its vocabulary is reduced already.
        data: What to train on, with the token ids of the reduced vocabulary.
        validation: What chooses the best step; without pairs the last step's weights are kept.
        teacher: What to distill from, if `train.distill_weight` is set.

    Raises:
        ConfigError: if the settings do not fit the model, or an optional package is missing.
        TrainingError: if training cannot recover.
    """
    settings = job.train
    on_gpu = torch.cuda.is_available()
    _keep_weight_names(encoder.model)
    set_dropout(encoder.model, settings.dropout, bytewise=not on_gpu)
    freeze(encoder.model, settings.freeze)
    if settings.gradient_checkpointing:
        encoder.model.gradient_checkpointing_enable()
    if not on_gpu:
        # The fused kernel's backward pass takes a third of a step of 20-token sentences on a CPU
        # (torch 2.13).
        encoder.model.set_attn_implementation("eager")
    packed = not on_gpu and use_packing(encoder.model, encoder.settings.pooling)
    dataset = BatchDataset(
        data,
        _padding_row(encoder),
        CHUNK_TOKENS["cuda" if on_gpu else "cpu"],
        packed=packed,
        teacher=teacher,
    )
    model: Any = encoder.model
    if settings.lora_rank:
        model = add_lora(encoder.model, settings.lora_rank)
    arguments = _arguments(job, on_gpu=on_gpu)
    trainer = TripletTrainer(model, dataset, validation, job, encoder.settings.pooling, arguments)
    trainer.remove_callback(PrinterCallback)
    checkpoint = newest_checkpoint(job.scratch / CHECKPOINTS)
    if checkpoint:
        logger.info("resuming from %s", checkpoint.name)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    trainer.finish()
    if settings.lora_rank:
        model.merge_and_unload()


def _keep_weight_names(model: Any) -> None:
    """Save checkpoints under the model's own weight names, the only ones that a resume reads.

    transformers saves under the names in the files that it loaded the model from, such as
    `LayerNorm.gamma` of old BERT encoders (before version 5.8 for all models). Its `Trainer`
    leaves out weights of unknown names without an error.
    """
    model._weight_conversions = []


def _padding_row(encoder: Encoder) -> int:
    """The row of the reduced embedding matrix that pads: not the tokenizer's padding id."""
    return int(getattr(encoder.model.get_input_embeddings(), "padding_idx", None) or 0)


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
        seed=job.seed,
    )


def use_bf16(precision: str) -> bool:
    """Whether to train in bf16: "auto" asks the CPU or GPU, "bf16" insists, with a warning."""
    supported = has_bf16(fastest_device())
    if precision == "bf16" and not supported:
        logger.warning("%s", BF16_EMULATED_WARNING)
    return precision == "bf16" or (precision == "auto" and supported)
