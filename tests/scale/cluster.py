"""A Ray cluster of several "machines" on this one, each a group of processes with its resources."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.scale.network import Place
from tests.support import ROOT, import_path

LOOPBACK = "127.0.0.1"
GB = 10**9
START_SECONDS = 120
STOP_SECONDS = 20


class Cluster:
    """A head without cores, and machines that are added."""

    def __init__(
        self, directory: Path, host: str = LOOPBACK, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the head.

        Args:
            directory: For files of Ray. Its path must be short: it has Unix sockets.
            host: The address of the head.
            environment: Variables of all machines.
        """
        self._directory = directory
        self._host = host
        self._environment = environment or {}
        self._machines: dict[str, subprocess.Popen[bytes]] = {}
        self._added: dict[str, Callable[[], None]] = {}
        self.port = free_port()
        options = [f"--port={self.port}", "--include-dashboard=false", "--num-cpus=0"]
        options += [f"--node-ip-address={host}", f"--temp-dir={directory}"]
        self._start("head", ["--head", *options], [])
        self._wait_until_ready("head")

    @property
    def address(self) -> str:
        """HOST:PORT of the head."""
        return f"{self._host}:{self.port}"

    def add(
        self,
        name: str,
        cpus: int = 1,
        memory: int = GB,
        path: Path = ROOT,
        place: Place | None = None,
    ) -> None:
        """Add a machine whose workers import the package from `path`."""
        options = [f"--address={self.address}", f"--num-cpus={cpus}", f"--memory={memory}"]
        self._added[name] = functools.partial(self.add, name, cpus, memory, path, place)
        inside: list[str] = []
        if place is not None:
            options.append(f"--node-ip-address={place.address}")
            inside = place.command
        self._start(name, options, inside, path)
        self._wait_until_ready(name)

    def kill(self, name: str) -> None:
        """Kill all processes of a machine at once, as a power cut does."""
        started = self._machines.pop(name)
        for process in _tree(started.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        started.wait(STOP_SECONDS)

    def replace_lost(self) -> None:
        """Start the machines again whose Ray has ended."""
        for name, add in list(self._added.items()):
            if name in self._machines and not self._has_raylet(name):
                self.kill(name)
                add()

    def _has_raylet(self, name: str) -> bool:
        return any(process.name() == "raylet" for process in _tree(self._machines[name].pid))

    def cpu_seconds(self) -> float:
        """Processor time of all processes that are there."""
        total = 0.0
        for machine in self._machines.values():
            for process in _tree(machine.pid):
                with contextlib.suppress(psutil.Error):
                    times = process.cpu_times()
                    total += times.user + times.system
        return total

    def stop(self) -> None:
        """End every process that was started."""
        processes = []
        for machine in self._machines.values():
            processes += _tree(machine.pid)
        for machine in reversed(self._machines.values()):
            machine.terminate()
        _, alive = psutil.wait_procs(processes, timeout=STOP_SECONDS)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _start(self, name: str, options: list[str], inside: list[str], path: Path = ROOT) -> None:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block"]
        common = ["--object-store-memory=80000000", "--disable-usage-stats"]
        with (self._directory / f"{name}.log").open("wb") as log:
            self._machines[name] = subprocess.Popen(
                [*inside, *command, *common, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": import_path(path), **self._environment},
            )

    def _wait_until_ready(self, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        log = self._directory / f"{name}.log"
        while "Ray runtime started" not in log.read_text(errors="replace"):
            ended = self._machines[name].poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')}")
            time.sleep(0.2)


@contextmanager
def running_cluster(
    host: str = LOOPBACK, environment: Mapping[str, str] | None = None
) -> Iterator[Cluster]:
    """A head alone; everything is ended and removed afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="al", dir="/tmp"))
    cluster = Cluster(directory, host, environment)
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _tree(pid: int) -> list[psutil.Process]:
    """The process and its descendants, as far as they are there."""
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
