"""Processes that share a batch, and that a training of several is that of one."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from alignment.encoder.directory import load_encoder
from alignment.errors import ConfigError
from alignment.files import tree_digests
from alignment.training.collate import BatchDataset
from alignment.training.job import CHECKPOINTS, JOB, PLAN, Job, PlanSummary
from alignment.training.launch import launch
from alignment.training.ranks import Ranks, shares
from alignment.training.resume import newest_checkpoint
from alignment.training.run import run
from alignment.types import StepMetrics
from tests.unit.training.support import (
    OBJECTIVES,
    check_same,
    job,
    losses_of,
    metrics_of,
    short,
    tiny_data,
    torchrun,
)

GATHER = """
import torch
from alignment.training.ranks import Ranks

def check(ranks):
    sizes = [2, 0, 3]
    torch.manual_seed(0)
    weight = torch.randn(4, 3, requires_grad=True)
    inputs = torch.randn(5, 4)
    start = [0, 2, 2][ranks.rank]
    own = inputs[start : start + sizes[ranks.rank]]
    fillers = torch.ones(1, 4)  # that one process has no row is nothing special
    gathered = ranks.gathered(torch.cat([own, fillers]) @ weight, sizes)
    loss = (gathered @ gathered.T).exp().sum().log()
    loss.backward()
    torch.distributed.all_reduce(weight.grad)
    weight.grad /= ranks.count  # what DistributedDataParallel does
    alone = weight.detach().clone().requires_grad_()
    vectors = inputs @ alone
    (vectors @ vectors.T).exp().sum().log().backward()
    torch.testing.assert_close(gathered, vectors)
    torch.testing.assert_close(weight.grad, alone.grad)
    with ranks.first_on_host() as is_first:
        assert is_first == (ranks.rank == 0)
    assert ranks.agreed(ranks.rank == 0) and not ranks.agreed(ranks.rank == 1)

ranks = Ranks.of_environment()
with ranks.connected(on_gpu=False):
    check(ranks)
print("the same")
"""


def test_gathered_vectors_have_the_gradient_of_one_process(tmp_path: Path) -> None:
    check_same(3, GATHER, tmp_path)


def test_a_process_alone_exchanges_nothing() -> None:
    ranks = Ranks()
    vectors = torch.ones(3, 2)
    assert ranks.gathered(vectors, [3]) is vectors
    assert ranks.agreed(True) and not ranks.agreed(False)
    with ranks.first_on_host() as is_first:
        assert is_first


def test_a_machine_with_fewer_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    ranks = Ranks(rank=2, count=4, rank_on_host=2)
    with (
        pytest.raises(ConfigError, match="has 2 GPUs") as caught,
        ranks.connected(on_gpu=True),
    ):
        pass
    assert caught.value.where == "train.workers"


@given(st.lists(st.integers(1, 100)), st.integers(1, 6))
def test_every_part_is_taken_once_and_evenly(costs: list[int], count: int) -> None:
    taken = shares(costs, count)
    assert sorted(number for parts in taken for number in parts) == list(range(len(costs)))
    loads = [sum(costs[number] for number in parts) for parts in taken]
    assert max(loads) - min(loads) <= max(costs, default=0)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("count", [2, 3, 40])
def test_the_shares_of_a_batch_are_the_batch(count: int, packed: bool) -> None:
    """All processes agree on the rows, make equally many calls, and encode each sentence once."""
    data = tiny_data()
    indices = list(range(len(data)))
    alone = BatchDataset(data, 0, 3072, packed=packed).collate(indices)
    batches = []
    for rank in range(count):
        dataset = BatchDataset(data, 0, 3072, packed=packed, ranks=Ranks(rank, count))
        batches.append(dataset.collate(indices))
    for batch in batches:
        assert torch.equal(batch["triplets"], batches[0]["triplets"])
        assert batch["sizes"] == batches[0]["sizes"]
        assert len(batch["chunks"]) == len(batches[0]["chunks"])
    assert sum(batches[0]["sizes"]) == sum(alone["sizes"])


VARIANTS: dict[str, dict[str, object]] = {
    **OBJECTIVES,
    "learned scale, gradient cache": {
        "loss": "infonce",
        "learn_scale": True,
        "gradient_cache": True,
    },
}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_losses_of_several_processes_are_those_of_one(finished: Path, tmp_path: Path) -> None:
    """The batch is the same, however many processes share it; so are validation and the plan."""
    jobs: dict[tuple[str, int], Job] = {}
    for name, options in VARIANTS.items():
        train = short(steps=6, dropout=0.0, validation_share=0.3, evaluate_every=2, **options)
        for processes in (1, 2, 4):
            out = tmp_path / f"{name} {processes}".replace(" ", "-")
            jobs[name, processes] = job(finished, out, train)
            jobs[name, processes].write(jobs[name, processes].scratch / JOB)
        run(jobs[name, 1])
    for processes in (2, 4):
        paths = [str(jobs[name, processes].scratch / JOB) for name in VARIANTS]
        done = torchrun(processes, "-m", "tests.unit.training.together", *paths)
        assert done.returncode == 0, done.stderr[-3000:]
    print(f"\n{'':30} {'one process':^17}  largest difference of 2, of 4")
    texts = ["The doctor washes the windows.", "¿Dónde?"]
    for name in VARIANTS:
        alone = jobs[name, 1]
        losses = losses_of(alone)
        differences = []
        for processes in (2, 4):
            together = jobs[name, processes]
            differences.append(np.abs(np.subtract(losses_of(together), losses)).max())
            assert PlanSummary.read(together.scratch / PLAN) == PlanSummary.read(
                alone.scratch / PLAN
            )
            for one, other in zip(metrics_of(alone), metrics_of(together), strict=True):
                assert other.triplets == one.triplets
                assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-3)
                assert other.validation == one.validation
            vectors = load_encoder(together.output).encode(texts)
            assert np.abs(vectors - load_encoder(alone.output).encode(texts)).max() < 1e-3
        print(
            f"{name:30} {losses[0]:.4f} -> {losses[-1]:.4f}  "
            f"{differences[0]:.1e}  {differences[1]:.1e}"
        )
        assert max(differences) < 1e-4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_pause_of_several_processes(finished: Path, tmp_path: Path) -> None:
    """They pause at one step, and go on as if they had not, with dropout."""
    train = short(steps=6, dropout=0.1, validation_share=0.3, evaluate_every=2, workers=2)
    unbroken = job(finished, tmp_path / "unbroken", train)
    whole = job(finished, tmp_path / "paused", train)
    paused = whole.model_copy(update={"pause_step": 3, "output": tmp_path / "at 3"})
    paths = []
    for number, described in enumerate((unbroken, paused, whole)):
        paths.append(str(tmp_path / f"{number}.json"))
        described.write(Path(paths[-1]))
    done = torchrun(2, "-m", "tests.unit.training.together", paths[0], paths[1])
    assert done.returncode == 0, done.stderr[-3000:]
    assert metrics_of(whole) == metrics_of(unbroken)[:3]
    done = torchrun(2, "-m", "tests.unit.training.together", paths[2])
    assert done.returncode == 0, done.stderr[-3000:]
    assert metrics_of(whole) == metrics_of(unbroken)
    assert tree_digests(whole.output) == tree_digests(unbroken.output)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.parametrize("sharding", ["none", "fsdp"])
def test_a_lost_process_starts_all_again(sharding: str, finished: Path, tmp_path: Path) -> None:
    """The losses are those of an unbroken training, and nothing is left behind."""
    train = short(
        steps=20,
        dropout=0.0,
        validation_share=0.3,
        evaluate_every=5,
        workers=2,
        sharding=sharding,
    )
    unbroken = job(finished, tmp_path / "a", train)
    broken = job(finished, tmp_path / "b", train)
    launch(unbroken, lambda _: None)
    killed: list[int] = []

    def kill_one(metrics: StepMetrics) -> None:
        if metrics.step == 10 and not killed:
            assert newest_checkpoint(broken.scratch / CHECKPOINTS)
            (process, *_) = ranks_of(broken)
            os.kill(process, 9)
            killed.append(process)

    launch(broken, kill_one)
    assert killed
    assert metrics_of(broken) == metrics_of(unbroken)
    assert not ranks_of(broken)


def ranks_of(trained: Job) -> list[int]:
    """Process ids of those that train it, without the one that starts them."""
    path = str(trained.scratch / JOB).encode()
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if path in command and b"alignment.training" in command:
            found.append(int(directory.name))
    return found
