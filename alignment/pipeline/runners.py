"""The runner that a configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alignment.config import Config
from alignment.pipeline.threads import ThreadsRunner, number_of_threads
from alignment.pipeline.workspace import Workspace
from alignment.training.launch import Launcher


@contextmanager
def parallel_runner(config: Config, workspace: Workspace) -> Iterator[ThreadsRunner | None]:
    """The runner of several languages at once; None if `config.runner` asks for none.

    A cluster is connected to while the block lasts.

    Raises:
        ConfigError: if a machine of the cluster cannot be used, or ray is not installed.
        Unavailable: if there is no cluster.
    """
    settings = config.runner
    if settings.kind == "local":
        yield None
    elif settings.kind == "threads":
        yield ThreadsRunner(number_of_threads(settings))
    else:
        from alignment.pipeline.cluster.connection import connected
        from alignment.pipeline.cluster.runner import RayRunner

        if workspace.shared is None:
            with connected(settings, workspace.root) as mark:
                yield RayRunner(settings, mark)
        else:  # each machine takes what it lacks from the bucket
            with connected(settings, None):
                yield RayRunner(settings, None, workspace.store.localized)


def launcher_of(config: Config, workspace: Workspace) -> Launcher | None:
    """What trains on the cluster that `parallel_runner` has connected to; None: this machine."""
    if not trains_on_cluster(config):
        return None
    from alignment.pipeline.cluster.training import RayTraining

    return RayTraining(config.runner, workspace.store)


def trains_on_cluster(config: Config) -> bool:
    """Whether the training processes are those of a Ray cluster."""
    train = config.train
    return config.runner.kind == "ray" and (train.workers > 1 or train.gpus_per_worker > 0)
