"""`python -m alignment.training`, as torchrun starts it."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alignment.encoder.directory import load_encoder
from alignment.errors import ConfigError
from alignment.training import __main__ as training_main
from alignment.training.batching import plan
from alignment.training.data import read_triplets
from alignment.training.job import ERROR, JOB, PLAN, WARNINGS, Job, PlanSummary
from alignment.training.jsonl import complete_lines
from alignment.training.messages import read_error
from alignment.training.validation import split
from tests.unit.training.support import job, metrics_of, scratch_job, short


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


def test_two_processes_train_together(finished: Path, tmp_path: Path) -> None:
    """Each takes its share of every step, and one writes."""
    train = short(steps=5, validation_share=0.3, evaluate_every=2, dropout=0.0)
    trained = job(finished, tmp_path, train)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    done = start(trained, *torchrun)
    assert done.returncode == 0, done.stderr[-3000:]
    metrics = metrics_of(trained)
    assert [step.step for step in metrics] == [1, 2, 3, 4, 5]
    encoder = load_encoder(trained.encoder)
    data = read_triplets(trained.triplets, encoder, train, pivot="en", seed=trained.seed)
    remaining, _ = split(data, train.validation_share, "en")
    planned = plan(remaining.items(), train, steps=2 * train.steps, seed=trained.seed)
    assert [step.triplets for step in metrics] == [len(batch) for batch in planned[::2]]
    by_language = PlanSummary.read(trained.scratch / PLAN).triplets_by_language
    assert by_language["en"] == sum(map(len, planned))  # one side of every triplet is the pivot
    assert np.isfinite(
        load_encoder(trained.output).encode(["The doctor washes the windows."])
    ).all()


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
