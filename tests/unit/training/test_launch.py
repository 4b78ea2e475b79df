import os
import random
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from alignment.encoder.directory import load_encoder
from alignment.errors import (
    AlignmentError,
    DiskFull,
    NonFiniteLoss,
    OutOfMemory,
    TrainingError,
    Unexpected,
)
from alignment.training.job import CHECKPOINTS, DISK_FULL, ERROR, LOG, OUT_OF_MEMORY, Job
from alignment.training.launch import launch
from alignment.training.messages import read_error
from alignment.training.process import _failed
from alignment.training.run import run
from alignment.types import StepMetrics
from tests.unit.training.support import job, losses_of, metrics_of, scratch_job, short, step_metrics


def ignore(metrics: StepMetrics) -> None:
    pass


class _Kill(Exception):
    pass


@pytest.mark.slow  # forty seconds; tests/unit/training/test_fit.py resumes in every run
def test_a_killed_run_ends_as_an_unbroken_one(finished: Path, tmp_path: Path) -> None:
    """Killed at three random steps, with everything on that draws random numbers."""
    train = short(
        steps=30,
        dropout=0.1,
        learn_scale=True,
        loss="triplet+infonce",
        char_noise=0.1,
        center=True,
    )
    unbroken = job(finished, tmp_path / "a", train)
    broken = job(finished, tmp_path / "b", train)
    seed = int(os.environ.get("KILL_SEED", os.getpid()))
    # After the first checkpoint, which is that of step 6.
    killed = sorted(random.Random(seed).sample(range(8, 30), 3))
    print(f"KILL_SEED={seed}: killed at {killed}")  # before anything can fail
    run(unbroken)
    for last in killed:

        def kill(metrics: StepMetrics, last: int = last) -> None:
            if metrics.step == last:
                raise _Kill  # the waiting side ends, and takes the training process along

        with pytest.raises(_Kill):
            launch(broken, kill)
    launch(broken, ignore)
    assert "resuming from checkpoint-" in (broken.scratch / LOG).read_text()
    differences = np.abs(np.subtract(losses_of(unbroken), losses_of(broken)))
    print(f"largest difference of the losses: {differences.max():.1e}")
    assert metrics_of(broken) == metrics_of(unbroken)
    texts = ["The doctor washes the windows.", "¿Dónde?"]
    assert np.array_equal(
        load_encoder(unbroken.output).encode(texts), load_encoder(broken.output).encode(texts)
    )


def test_the_child_s_error_is_raised(finished: Path, tmp_path: Path) -> None:
    diverging = job(finished, tmp_path, short(learning_rate=1e30))
    with pytest.raises(NonFiniteLoss, match=r"at step \d+"):
        launch(diverging, ignore)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job whose training process is the shell script `tmp_path / "python"`."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return scratch_job(tmp_path)


def script(job: Job, *commands: str) -> None:
    path = Path(sys.executable)
    path.write_text("\n".join(["#!/bin/sh", f"cd {job.scratch}", *commands]))
    path.chmod(0o755)


def test_steps_are_reported(fake: Job) -> None:
    expected = [step_metrics(1), step_metrics(2, validation={"fi": 0.5}, gradient_norm=None)]
    script(fake, *(f"echo '{step.to_json()}' >> progress.jsonl" for step in expected))
    reported: list[StepMetrics] = []
    launch(fake, reported.append)
    assert reported == expected


def test_warnings_are_logged_again(fake: Job, caplog: pytest.LogCaptureFixture) -> None:
    (fake.scratch / "warnings.jsonl").write_text("of an earlier process\n")
    script(
        fake,
        """echo '{"logger": "alignment.training.run", "level": 30, "message": "half the tokens"}' \
        >> warnings.jsonl""",
        "echo 'WARNING:torch:noise' >&2",
    )
    launch(fake, ignore)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("alignment.training.run", "WARNING")
    assert record.message == "half the tokens"


def failure(job: Job) -> TrainingError:
    with pytest.raises(TrainingError) as raised:
        launch(job, ignore)
    return raised.value


def test_signal_9_hints_at_memory(fake: Job) -> None:
    script(fake, "echo first; echo the last words >&2", "kill -9 $$")
    error = failure(fake)
    assert "killed by signal 9, most likely because memory ran out" in error.message
    assert "Lower train.batch_tokens" in str(error.hint)
    assert str(error.hint).endswith("first | the last words")
    assert "resumes" not in str(error.hint)  # there is no checkpoint
    assert "There is no checkpoint yet: the next run trains from the first step" in str(error.hint)
    assert "Not one step was done" in str(error.hint)


def test_after_some_steps_the_model_fits(fake: Job) -> None:
    script(fake, f"echo '{step_metrics(1).to_json()}' >> progress.jsonl", "kill -9 $$")
    assert "Not one step was done" not in str(failure(fake).hint)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process used")
def test_what_the_process_used_is_said(fake: Job) -> None:
    program = "import os, time; x = bytes([1]) * 2**28; time.sleep(1.5); os.kill(os.getpid(), 9)"
    script(fake, f"exec {os.path.realpath('/proc/self/exe')} -c '{program}'")
    match = re.search(r"it used ([\d.]+) GiB", str(failure(fake).hint))
    assert match is not None and 0.2 < float(match[1]) < 0.5


def test_a_crash_says_that_memory_may_be_the_reason(fake: Job) -> None:
    script(fake, "kill -11 $$")
    error = failure(fake)
    assert "a library crashed, as some do when memory runs out" in error.message
    assert "Lower train.batch_tokens" in str(error.hint)


def test_another_signal_does_not(fake: Job) -> None:
    script(fake, "kill -15 $$")
    error = failure(fake)
    assert error.message.endswith("killed by signal 15") and "memory" not in str(error)


def test_a_mapped_file_that_is_cut_off_ends_the_process_by_a_signal(fake: Job) -> None:
    script(fake, "kill -BUS $$")
    error = failure(fake)
    assert f"a file that it maps, most likely in {fake.tokens}, was cut off" in error.message
    assert "alignment store verify" in str(error.hint)


def test_a_checkpoint_is_promised_if_it_is_there(fake: Job) -> None:
    checkpoint = fake.scratch / CHECKPOINTS / "checkpoint-2"
    checkpoint.mkdir(parents=True)
    script(fake, "exit 3")
    assert "resumes" not in str(failure(fake).hint)  # it is half-written
    checkpoint.mkdir(parents=True)
    (checkpoint / "trainer_state.json").write_text("{}")
    error = failure(fake)
    assert error.message == "the training process exited with code 3"
    assert "the next run resumes from the last checkpoint" in str(error.hint)
    assert error.where == str(fake.scratch / "train.log")


@pytest.mark.parametrize(
    ("commands", "message", "hint"),
    [
        (["exit 74"], "the disk is full in train", "Free some space"),
        (["exit 71"], "out of memory in train", "Lower train.batch_tokens"),
        (
            ["echo 'memory allocation of 99 bytes failed'", "kill -6 $$"],
            "killed by signal 6, most likely because memory ran out",
            "Lower train.batch_tokens",
        ),
        (["echo '{' > error.json", "exit 1"], "exited with code 1", "The log is empty"),
        (["rm train.log", "exit 1"], "exited with code 1", "The log is empty"),
    ],
)
def test_the_reason_of_the_end_is_never_lost(
    fake: Job, commands: list[str], message: str, hint: str
) -> None:
    script(fake, *commands)
    error = failure(fake)
    assert message in error.message
    assert hint in str(error.hint)
    assert "resumes" not in str(error.hint)


class PanicException(BaseException):
    """As pyo3 raises it."""


POOL = "The global thread pool has not been initialized.: ThreadPoolBuildError { kind: IOError(Os"


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (PanicException(POOL), OutOfMemory, "out of memory in train (The global thread pool"),
        (PanicException("index"), Unexpected, "unexpected PanicException in train: index"),
        (MemoryError(), OutOfMemory, "out of memory in train (this process used "),
        (OSError(28, "No space left on device"), DiskFull, "the disk is full in train"),
        (RuntimeError("a surprise"), Unexpected, "unexpected RuntimeError in train: a surprise"),
    ],
)
def test_what_the_training_process_raises(
    fake: Job, error: BaseException, kind: type[AlignmentError], message: str
) -> None:
    assert _failed(fake, error) == 1
    read = read_error(fake.scratch / ERROR)
    assert type(read) is kind
    assert read.message.startswith(message)


def test_a_reason_that_cannot_be_written(fake: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(28, "No space left on device")

    def write(*_: object) -> None:
        raise full

    monkeypatch.setattr("alignment.training.process.write_error", write)
    assert _failed(fake, full) == DISK_FULL
    assert _failed(fake, MemoryError()) == OUT_OF_MEMORY
    assert _failed(fake, NonFiniteLoss("the loss is nan")) == DISK_FULL
