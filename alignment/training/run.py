"""Run a training job: load the encoder and the triplets, train, and write the encoder.

It trades generality for speed: the vocabulary is reduced to the tokens of the triplets while
training, and the batches are planned in advance, so that a resumed run sees the same ones.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import set_seed

from alignment import memory
from alignment.config import Train
from alignment.encoder.center import center
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.parallel_tokens import ParallelTokenizer
from alignment.encoder.vocabulary import reduce_vocabulary, restore_vocabulary
from alignment.encoder.weights_files import stored_dtype
from alignment.errors import ConfigError, Corrupt, TrainingError
from alignment.failures import is_out_of_memory
from alignment.training.batching import plan
from alignment.training.data import TripletData
from alignment.training.fit import fit
from alignment.training.job import BEST, CHECKPOINTS, PLAN, PROGRESS, Job, PlanSummary
from alignment.training.jsonl import complete_lines
from alignment.training.noise import Misspeller
from alignment.training.process import PeerLost
from alignment.training.ranks import Ranks, is_lost_peer
from alignment.training.teacher import Teacher, pivot_sentences, write_vectors
from alignment.training.validation import split
from alignment.training.weights import copy_out_of_mmap
from alignment.types import StepMetrics

logger = logging.getLogger(__name__)

SHARDING_HINT = " If the encoder itself does not fit, set train.sharding: fsdp."
CENTER_SAMPLE = 40  # texts per language, and as many of the pivot as of all others together


def run(job: Job) -> None:
    """Train as `job` describes and write the encoder directory `job.output`.

    If memory runs out, training starts again with half of `train.batch_tokens`, once. Several
    processes do not: the others could not know.

    Raises:
        NonFiniteLoss: if the loss becomes NaN or infinite.
        Collapsed: if the encoder maps all sentences to one point.
        TrainingError: if half of the tokens do not fit into memory either.
        PeerLost: if another process of the same training has ended.
    """
    ranks = Ranks.of_environment()
    if ranks.count > 1:
        return _train_together(job, ranks)
    return _train_alone(job)


def _train_together(job: Job, ranks: Ranks) -> None:
    try:
        with ranks.connected(on_gpu=torch.cuda.is_available()):
            _train(job, ranks)
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and is_lost_peer(error):
            raise PeerLost(str(error)) from error
        if not is_out_of_memory(error):
            raise
        further_hint = "" if job.train.sharding == "fsdp" else SHARDING_HINT
        raise _out_of_memory(
            f"in process {ranks.rank + 1} of {ranks.count} with {job.train.batch_tokens} tokens "
            "per batch",
            further_hint,
        ) from error


def _train_alone(job: Job) -> None:
    full = job.train.batch_tokens
    half = full // 2
    if _tokens_in_use(job) == full:
        try:
            return _train(job, Ranks())
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            logger.warning(
                "out of memory with %d tokens per batch; training starts again with %d", full, half
            )
        _discard_progress(job.scratch)
    try:
        return _train(_with_batch_tokens(job, half), Ranks())
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    _discard_progress(job.scratch)
    raise _out_of_memory(f"even with {half} tokens per batch")


def _out_of_memory(how: str, further_hint: str = "") -> TrainingError:
    return TrainingError(
        f"out of memory, {how} ({memory.described()})",
        where="train.batch_tokens",
        hint="Lower train.batch_tokens or train.batch_size, or set train.gradient_cache: true."
        + further_hint,
    )


def _tokens_in_use(job: Job) -> int:
    """The limit of tokens per batch: an interrupted run may have halved it."""
    try:
        tokens = PlanSummary.read(job.scratch / PLAN).batch_tokens
    except (OSError, ValueError, TypeError):  # there is none yet, or it is damaged
        return job.train.batch_tokens
    return tokens if tokens == job.train.batch_tokens // 2 else job.train.batch_tokens


def _with_batch_tokens(job: Job, tokens: int) -> Job:
    train = job.train.model_copy(update={"batch_tokens": tokens})
    return job.model_copy(update={"train": train})


def _discard_progress(scratch: Path) -> None:
    shutil.rmtree(scratch / CHECKPOINTS, ignore_errors=True)
    (scratch / BEST).unlink(missing_ok=True)
    memory.release()


def _train(job: Job, ranks: Ranks) -> None:
    settings = job.train
    set_seed(job.seed + job.start_step)
    encoder = _load(job, job.encoder)
    _check_dims(settings.matryoshka_dims, encoder.dim)
    data = open_data(job.tokens, encoder, settings, pivot=job.pivot, seed=job.seed)
    if settings.center and not job.start_step:  # a later part starts from centered weights
        center(encoder, data.sample(CENTER_SAMPLE, job.pivot, seed=job.seed))
    data, validation = split(data, settings.validation_share, job.pivot)
    teacher = _teacher(job, encoder, data, ranks)
    pad_id = int(encoder.tokenizer.pad_token_id)
    used = data.used_tokens.tolist()
    reduction = reduce_vocabulary(encoder.container, used, pad_id, data.sample_rows())
    data = data.replaced(reduction=reduction)
    data.release()
    copy_out_of_mmap(encoder.container)
    if settings.steps:
        try:
            fit(job, encoder, data, validation, teacher, pad_id=reduction.pad_id, ranks=ranks)
        except Corrupt:
            _discard_progress(job.scratch)  # otherwise every later run ends like this one
            raise
    del data, teacher
    memory.release()  # free the optimizer's state before the whole embedding matrix is loaded
    if ranks.rank:
        return  # the first one writes
    whole = _load(job, job.encoder)
    restore_vocabulary(encoder.container, reduction, whole.container)
    save_encoder(job.output, whole, dtype=saved_dtype(job))


def open_data(
    tokens: Path, encoder: Encoder, settings: Train, *, pivot: str, seed: int
) -> TripletData:
    """Map the training data.

    Args:
        tokens: The directory of the columns, which the stage `tokenize` writes.
        encoder: Tokenizes misspelled copies. Its vocabulary must not be reduced yet.
        settings: `explicit_negatives` and `char_noise` are used.
        pivot: The language whose sentences are never misspelled.
        seed: Of the choice of the triplets that use their negative, and of the misspellings.

    Raises:
        Corrupt: if a file was cut off.
    """
    share = settings.explicit_negatives
    data = TripletData.open(tokens, explicit_negatives=share, seed=seed)
    if not settings.char_noise:
        return data
    misspeller = Misspeller(
        data.columns,
        data.meta.languages,
        ParallelTokenizer(encoder),
        settings.char_noise,
        pivot=pivot,
        seed=seed,
    )
    return data.replaced(misspeller=misspeller)


def _load(job: Job, path: Path) -> Encoder:
    return load_encoder(path, device="cpu", trust_remote_code=job.trust_remote_code)


def saved_dtype(job: Job) -> torch.dtype:
    """That of the base encoder; float32 if more parts of the training follow.

    Updates smaller than a step of bfloat16 would be lost between the parts.
    """
    if job.end_step < job.train.steps and _last_step(job) == job.end_step:
        return torch.float32
    dtype: torch.dtype = getattr(torch, stored_dtype(job.teacher))
    return dtype


def _last_step(job: Job) -> int:
    """The last step that was trained, which is before `job.end_step` after an early stop."""
    path = job.scratch / PROGRESS
    steps = [StepMetrics.from_json(line).step for line in complete_lines(path)]
    return steps[-1] if steps else 0


def _teacher(job: Job, encoder: Encoder, data: TripletData, ranks: Ranks) -> Teacher | None:
    if not job.train.distill_weight or not job.train.steps:
        return None
    steps = job.end_step - job.start_step
    batches = plan(data, job.train, steps=steps, seed=job.seed + job.start_step)
    sentences = pivot_sentences(data, job.pivot, batches)
    file = job.scratch / "teacher.npy"
    with ranks.first_on_host() as is_first:
        if is_first:
            base = encoder if job.teacher == job.encoder else _load(job, job.teacher)
            write_vectors(file, data, base, sentences)
        return Teacher.read(file, sentences)


def _check_dims(dims: Sequence[int], dim: int) -> None:
    wrong = [cut for cut in dims if not 0 < cut <= dim]
    if wrong:
        raise ConfigError(
            f"the encoder's vectors have {dim} dimensions and cannot be cut to {wrong[0]}",
            where="train.matryoshka_dims",
            hint=f"Use dimensions from 1 to {dim}.",
        )
