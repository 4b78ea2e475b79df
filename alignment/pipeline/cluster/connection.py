"""Connecting to a Ray cluster, and refusing one on which the run could go wrong."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alignment.config.runner import GB, RunnerSettings
from alignment.errors import ConfigError, Unavailable
from alignment.extras import require
from alignment.pipeline.cluster.address import KEY, connect, watched
from alignment.pipeline.cluster.task import Place, installed_versions, look_around

PROBE_SECONDS = 120.0
"""How long the machines may take to start their first worker."""
logger = logging.getLogger(__name__)


@contextlib.contextmanager
def connected(settings: RunnerSettings, root: Path | None) -> Iterator[Path | None]:
    """Connect to the cluster, check every machine, and disconnect in the end.

    Args:
        settings: With the address of the head.
        root: Directory of the workspace, which every machine must see under this path; None if the
            workspace is in a bucket, from which each machine takes what it needs.

    Yields:
        A file in the workspace by which a worker knows that it sees the same directory, if it must.

    Raises:
        ConfigError: if ray is not installed, if no machine has what a task needs, or if one has
            other versions or another directory.
        Unavailable: if there is no cluster at the address.
    """
    ray = require("ray", "ray", "runner.kind: ray")
    if ray.is_initialized():  # by the caller, who also disconnects
        with _marked(root) as mark:
            check_cluster(settings, mark)
            yield mark
        return
    head = connect(settings.address)
    try:
        with _marked(root) as mark, watched(head):
            check_cluster(settings, mark)
            yield mark
    finally:
        ray.shutdown()


@contextlib.contextmanager
def _marked(root: Path | None) -> Iterator[Path | None]:
    if root is None:
        yield None
        return
    mark = root / f".seen-by-workers-{uuid.uuid4().hex}"
    root.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def check_cluster(settings: RunnerSettings, mark: Path | None) -> None:
    """Check that a machine has what a task needs, and that all such machines can be used.

    Raises:
        ConfigError: if not.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    check_resources(settings, [node["Resources"] for node in nodes])
    probe = ray.remote(num_cpus=0, max_retries=0)(look_around)
    asked = {}
    for node in nodes:
        if node["Resources"].get("CPU", 0) >= settings.cpus_per_task:
            where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
                node["NodeID"], soft=False
            )
            host = node["NodeManagerHostname"]
            asked[probe.options(scheduling_strategy=where).remote(mark)] = host
    ready, late = ray.wait(list(asked), num_returns=len(asked), timeout=PROBE_SECONDS)
    if late:
        raise Unavailable(
            f"{asked[late[0]]} is part of the cluster and started no worker within "
            f"{PROBE_SECONDS:.0f} s",
            where=KEY,
            hint="Look at its log, /tmp/ray/session_latest/logs/raylet.err, or stop Ray there.",
        )
    places = []
    for reference in ready:
        place = _answer(ray, reference, asked[reference])
        if place is not None:
            check_place(place, None if mark is None else mark.parent)
            places.append(place)
    if not places:
        raise Unavailable(
            "every machine of the cluster has gone",
            where=KEY,
            hint="Start them again, with `ray start --address`.",
        )
    logger.info("Ray: %d machines can run tasks", len(places))


def check_place(place: Place, root: Path | None) -> None:
    """Check that a worker has the versions of this process, and the same workspace.

    Raises:
        ConfigError: if not.
    """
    check_versions(place, installed_versions())
    if root is not None and not place.sees_workspace:
        raise ConfigError(
            f"{place.host} does not see the workspace {root} of this machine",
            where="--workspace",
            hint="Put the workspace on a folder that all machines mount under the same path.",
        )


def check_versions(place: Place, expected: Mapping[str, str]) -> None:
    """Check that a worker has the versions of the process that started the run.

    Raises:
        ConfigError: if not.
    """
    differences = []
    for name, here in expected.items():
        there = place.versions.get(name, "not installed")
        if there != here:
            differences.append(f"{name} {there} there and {here} here")
    if differences:
        raise ConfigError(
            f"{place.host} has other versions than this machine: {'; '.join(differences)}",
            where=KEY,
            hint="Install the same ones on every machine of the cluster, with "
            "`pip install --constraint constraints.txt`, and restart Ray there.",
        )


def check_resources(settings: RunnerSettings, resources: Sequence[Mapping[str, float]]) -> None:
    """Check that one machine has what a task needs; `resources` are those of each machine.

    Raises:
        ConfigError: if not: the task would wait for ever.
    """
    needed = {
        "CPU": float(settings.cpus_per_task),
        "memory": settings.memory_per_task * GB,
        "GPU": settings.gpus,
    }
    for offered in resources:
        if all(offered.get(name, 0.0) >= amount for name, amount in needed.items()):
            return
    machines = []
    for offered in resources:
        machines.append(_described(offered))
    raise ConfigError(
        f"no machine of the cluster has what a task needs: {_described(needed)}. "
        f"The machines have: {'; '.join(machines)}",
        where="runner",
        hint="Lower runner.cpus_per_task, runner.memory_per_task or runner.gpus, or add a machine "
        "with `ray start --address`.",
    )


def _described(resources: Mapping[str, float]) -> str:
    parts = [f"{resources.get('CPU', 0):g} CPUs", f"{resources.get('memory', 0) / GB:.1f} GB"]
    if resources.get("GPU"):
        parts.append(f"{resources['GPU']:g} GPUs")
    return ", ".join(parts)


def _answer(ray: Any, reference: Any, host: str) -> Place | None:
    """What the machine says; None if it has gone meanwhile, which Ray notices after a while."""
    gone = ray.exceptions
    try:
        place: Place = ray.get(reference)
    except (gone.TaskUnschedulableError, gone.WorkerCrashedError, gone.NodeDiedError) as error:
        logger.warning("Ray: %s does not answer any more (%s)", host, type(error).__name__)
        return None
    except ray.exceptions.RayError as error:
        reason = str(getattr(error, "cause", None) or error).strip().splitlines()[-1]
        raise ConfigError(
            f"{host} cannot run tasks of this package: {reason}",
            where=KEY,
            hint="Install the package on every machine of the cluster, in the environment in "
            "which Ray was started.",
        ) from None
    return place
