"""Machines with addresses and disks of their own, which share a bucket and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from alignment.config import load_config
from alignment.pipeline.run import run_pipeline
from alignment.pipeline.runners import parallel_runner
from alignment.pipeline.workspace import open_workspace
from alignment.types import Approved, StepMetrics
from tests.buckets import BUCKET, make_bucket, running_s3, s3_environment
from tests.scale.cluster import Cluster, running_cluster
from tests.scale.network import HERE, Network, Place, network
from tests.scale.test_ray import contents
from tests.scale.test_ray_training import training_processes
from tests.support import SMOKE

pytestmark = [pytest.mark.scale, pytest.mark.timeout(900)]
PLACE = f"s3://{BUCKET}/team"
UNPLUGGED_SECONDS = 60
TRAINED = {"train", "evaluate", "gate"}
"""Stages whose bytes depend on how many processes train."""


class Apart(NamedTuple):
    """A cluster of a head and two machines."""

    cluster: Cluster
    cables: Network
    machines: list[Place]


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apart]:
    pytest.importorskip("ray", reason="make test-scale installs the extra")
    cache = tmp_path / "cache"
    with network() as cables, running_s3(HERE) as endpoint:
        httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()  # all servers share the objects
        make_bucket(endpoint, BUCKET)
        environment = {
            **s3_environment(endpoint),
            "ALIGNMENT_WORKSPACE_CACHE": str(cache),
            "GLOO_SOCKET_IFNAME": "eth0",  # the name of all machines is no address of theirs
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with running_cluster(HERE, environment) as cluster:
            machines = [cables.machine(cache), cables.machine(cache)]
            for number, place in enumerate(machines, 1):
                cluster.add(f"machine {number}", cpus=1, memory=4 * 10**9, place=place)
            yield Apart(cluster, cables, machines)


def overrides(apart: Apart) -> list[str]:
    return ["train.workers=2", "runner.kind=ray", f"runner.address={apart.cluster.address}"]


def test_the_smoke_pipeline_and_a_training_over_both(
    apart: Apart, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of its processes is killed, and one machine is cut off before that."""
    config = load_config(SMOKE, overrides(apart))
    place = open_workspace(PLACE)
    killed: list[int] = []

    def kill_one(metrics: StepMetrics) -> None:
        processes = training_processes()
        if metrics.step >= 5 and len(processes) > 1 and not killed:
            processes[0].kill()
            killed.append(processes[0].pid)

    started = time.monotonic()
    with parallel_runner(config, place) as runner:
        outcome = run_pipeline(config, place, runner, on_step=kill_one)
    seconds = time.monotonic() - started
    assert isinstance(outcome.verdict, Approved)
    assert killed
    here = {name: files for name, files in contents(place.root).items() if name[0] not in TRAINED}
    alone = {name: files for name, files in contents(finished).items() if name[0] not in TRAINED}
    assert here == alone
    assert place.shared is not None
    assert not place.shared.objects.listing("scratch"), "unfinished work is left in the bucket"
    received = [apart.cables.bytes_received(machine) / 1e6 for machine in apart.machines]
    with capsys.disabled():
        print(f"\n{seconds:.0f} s; received MB: {received[0]:.0f}, {received[1]:.0f}")


def test_a_machine_is_cut_off_for_a_minute(apart: Apart, finished: Path) -> None:
    """Its tasks run on the other one, and the run goes on."""
    config = load_config(SMOKE, [*overrides(apart), "train.workers=1"])
    place = open_workspace(PLACE)

    def cut_off() -> None:
        while not list(place.root.glob("store/clean/*")):
            time.sleep(0.1)
        apart.cables.unplug(apart.machines[0])
        time.sleep(UNPLUGGED_SECONDS)
        apart.cables.plug(apart.machines[0])

    thread = threading.Thread(target=cut_off, daemon=True)
    thread.start()
    with parallel_runner(config, place) as runner:
        outcome = run_pipeline(config, place, runner)
    thread.join()
    assert isinstance(outcome.verdict, Approved)
    assert contents(place.root) == contents(finished)
