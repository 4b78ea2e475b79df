"""`python -m alignment.training`, as torchrun starts it."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed

from alignment.encoder.container import transformer_of
from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import EncoderModule
from alignment.encoder.packing import pack
from alignment.encoder.packing_probe import use_packing
from alignment.encoder.padding import pad
from alignment.errors import ConfigError
from alignment.training import __main__ as training_main
from alignment.training.batching import plan
from alignment.training.job import ERROR, JOB, PLAN, WARNINGS, Job, PlanSummary
from alignment.training.jsonl import complete_lines
from alignment.training.messages import read_error
from alignment.training.run import open_data, run
from alignment.training.validation import split
from tests.support import logging_as_before
from tests.unit.encoder.layout_files import TEXTS, skip_without, write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import job, losses_of, metrics_of, scratch_job, short, tiny_job


def start(trained: Job, *launcher: str) -> "subprocess.CompletedProcess[str]":
    trained.write(trained.scratch / JOB)
    return subprocess.run(
        [sys.executable, *launcher, "-m", "alignment.training", str(trained.scratch / JOB)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.slow
def test_two_processes_train_together(finished: Path, tmp_path: Path) -> None:
    """They share the batches of one process, and one of them writes."""
    train = short(steps=5, validation_share=0.3, evaluate_every=2, dropout=0.0)
    trained = job(finished, tmp_path, train)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = start(trained, *torchrun)
    assert done.returncode == 0, done.stderr[-3000:]
    metrics = metrics_of(trained)
    assert [step.step for step in metrics] == [1, 2, 3, 4, 5]
    encoder = load_encoder(trained.encoder)
    data = open_data(trained.tokens, encoder, train, pivot="en", seed=trained.seed)
    remaining, _ = split(data, train.validation_share, "en")
    planned = list(plan(remaining, train, steps=train.steps, seed=trained.seed))
    assert [step.triplets for step in metrics] == [len(batch) for batch in planned]
    by_language = PlanSummary.read(trained.scratch / PLAN).triplets_by_language
    assert by_language["en"] == sum(map(len, planned))  # one side of every triplet is the pivot
    assert np.isfinite(
        load_encoder(trained.output).encode(["The doctor washes the windows."])
    ).all()


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"gradient_checkpointing": True}])
@pytest.mark.parametrize("name", ["LaBSE", "BGE-M3", "EmbeddingGemma", "sentence-T5"])
def test_the_first_loss_of_two_processes_is_that_of_one(
    name: str, options: dict[str, bool], tmp_path: Path
) -> None:
    skip_without(BY_NAME[name])
    write_layout(tmp_path / "base", BY_NAME[name])
    train = short(steps=2, dropout=0.0, validation_share=0.0, **options)
    alone = tiny_job(tmp_path / "base", tmp_path / "alone", train)
    run(alone)
    together = tiny_job(tmp_path / "base", tmp_path / "together", train)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = start(together, *torchrun)
    assert done.returncode == 0, done.stderr[-3000:]
    first = losses_of(together)[0]
    print(f"\n{name:16} one process {losses_of(alone)[0]:.7f}, two {first:.7f}", end="")
    assert first == pytest.approx(losses_of(alone)[0], abs=1e-6)


@pytest.mark.parametrize("name", ["LaBSE", "BGE-M3", "CamemBERT"])
def test_a_distributed_model_has_the_same_positions(name: str, tmp_path: Path) -> None:
    """The wrapper of torch hides the model's attributes, such as where its positions begin."""
    write_layout(tmp_path / "base", BY_NAME[name])
    container = load_encoder(tmp_path / "base", device="cpu").container
    transformer_of(container).set_attn_implementation("eager")
    rows = sorted(Encoder(container).tokenize(TEXTS), key=len)
    padding = BY_NAME[name].special.pad_id
    module = EncoderModule(container)
    with torch.no_grad():
        padded = module([pad(rows, padding)])
    assert use_packing(container, rows, padding)
    meeting = f"file://{tmp_path / 'store'}"
    torch.distributed.init_process_group("gloo", init_method=meeting, rank=0, world_size=1)
    try:
        wrapped = torch.nn.parallel.DistributedDataParallel(module, find_unused_parameters=True)
        packed = wrapped([pack(rows)]).detach()
    finally:
        torch.distributed.destroy_process_group()
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=0)


@pytest.fixture
def own_loggers() -> Iterator[None]:
    """Take away the handlers that `main` adds."""
    logger = logging.getLogger("alignment")
    handlers = list(logger.handlers)
    yield
    logger.handlers[:] = handlers


@pytest.mark.usefixtures("own_loggers")
def test_warnings_and_the_error_are_left_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(job: Job) -> None:
        logging.getLogger("alignment.training.run").warning("half the tokens")
        logging.getLogger("torch").warning("noise")
        raise ConfigError("no such layer", where="train.freeze")

    monkeypatch.setattr("alignment.training.run.run", failing)
    monkeypatch.setattr(training_main, "_end_with", lambda parent: None)
    job_file = tmp_path / JOB
    scratch_job(tmp_path).write(job_file)
    monkeypatch.setattr(sys, "argv", ["alignment.training", str(job_file)])
    assert training_main.main() == 1
    error = read_error(tmp_path / ERROR)
    assert isinstance(error, ConfigError) and error.where == "train.freeze"
    (line,) = complete_lines(tmp_path / WARNINGS)
    assert "half the tokens" in line


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_without_its_parent_it_ends(tmp_path: Path) -> None:
    orphan = scratch_job(tmp_path).model_copy(update={"parent": 1})
    assert start(orphan).returncode == -signal.SIGKILL


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_log_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback cannot be written there, and the reason is not lost with it."""
    trained = scratch_job(tmp_path)
    trained.write(trained.scratch / JOB)

    def fail(_: Job) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("alignment.training.run.run", fail)
    monkeypatch.setattr(training_main, "_end_with", lambda parent: None)
    monkeypatch.setattr(sys, "argv", ["alignment.training", str(trained.scratch / JOB)])
    codes = []
    with (
        contextlib.suppress(OSError),  # when it is closed
        Path("/dev/full").open("w", buffering=1) as full,
        logging_as_before(),
    ):
        monkeypatch.setattr(sys, "stderr", full)
        codes.append(training_main.main())
    assert codes == [1]
    error = read_error(trained.scratch / ERROR)
    assert error is not None
    assert error.message == "the disk is full in train"
