"""The pipeline as a Prefect flow compared with the library: what does Prefect cost?

`make bench-overhead`. Three ways to run `configs/smoke.yaml`, each in its own process:

- library: `alignment run`
- server: `python -m flows.align` with `PREFECT_API_URL` of a running server
- embedded: `python -m flows.align` without it, so that Prefect starts a server for the run

Each is measured on a workspace where every stage is reused, and on an empty one. The ways take
turns within a round, so that a slow minute of the machine hits all of them. The overhead of a round
is the difference to the library in the same round; the table has the medians, and the lowest and
highest value. Processor time counts the run and its children, not a server that ran before.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.harness import figures
from flows.children import Children

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "configs" / "smoke.yaml"
WAYS = ("library", "server", "embedded")
LIBRARY = WAYS[0]


class Cost(NamedTuple):
    """Of one run."""

    wall: float
    """Seconds."""
    processor: float
    """Seconds of user and system time, children included."""


class Bench:
    """Runs the smoke configuration in one of the three ways.

    Args:
        directory: For workspaces and for the databases of Prefect.
        api: Address of the running server's API.
    """

    def __init__(self, directory: Path, api: str) -> None:
        self._directory = directory
        self._api = api

    def run(self, way: str, workspace: Path) -> Cost:
        """Run it to its end.

        Raises:
            SystemExit: with its output, if it fails.
        """
        module = ("alignment", "run") if way == LIBRARY else ("flows.align",)
        command = [sys.executable, "-m", *module, str(CONFIG), "--workspace", str(workspace)]
        environment = environment_of(self._directory / way)
        if way == "server":
            environment["PREFECT_API_URL"] = self._api
        log = self._directory / "run.log"
        started = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output
            )
            _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{log.read_text()}")
        cost = Cost(wall, usage.ru_utime + usage.ru_stime)
        print(f"{way}: {cost.wall:.1f} s, {cost.processor:.1f} s of processor time", flush=True)
        return cost

    def reused(self, rounds: int) -> dict[str, list[Cost]]:
        """Costs by way, on a workspace where nothing is left to do."""
        workspace = self._directory / "reused"
        for way in WAYS:  # fills the workspace, the caches of files and the databases
            self.run(way, workspace)
        costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                costs[way].append(self.run(way, workspace))
        return costs

    def fresh(self, rounds: int) -> dict[str, list[Cost]]:
        """Costs by way, each on an empty workspace."""
        costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                workspace = self._directory / "fresh"
                costs[way].append(self.run(way, workspace))
                shutil.rmtree(workspace)
        return costs


def environment_of(home: Path) -> dict[str, str]:
    """No settings of Prefect's but its directory, which is created."""
    home.mkdir(exist_ok=True)
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
    }
    return {**inherited, "PREFECT_HOME": str(home), "CI": "true"}


@contextmanager
def running_server(home: Path, port: int) -> Iterator[str]:
    """The address of the API of a Prefect server on loopback."""
    api = f"http://127.0.0.1:{port}/api"

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    environment = {**environment_of(home), "PREFECT_LOGGING_LEVEL": "ERROR"}
    with Children(environment, ROOT) as children:
        address = ("--host", "127.0.0.1", "--port", str(port))
        children.start("server", "start", *address, is_ready=is_ready)
        yield api


def overheads(costs: dict[str, list[Cost]], way: str) -> dict[str, float]:
    """Medians of the differences to the library, in seconds and in percent of its time."""
    pairs = list(zip(costs[way], costs[LIBRARY], strict=True))
    wall = statistics.median(cost.wall - library.wall for cost, library in pairs)
    processor = statistics.median(cost.processor - library.processor for cost, library in pairs)
    library_wall = statistics.median(cost.wall for cost in costs[LIBRARY])
    return {
        "wall": round(wall, 2),
        "processor": round(processor, 2),
        "percent": round(100 * wall / library_wall, 1),
    }


def row(kind: str, way: str, costs: dict[str, list[Cost]]) -> str:
    """One line of the table."""
    wall = _spread([cost.wall for cost in costs[way]])
    processor = _spread([cost.processor for cost in costs[way]])
    extra = ""
    if way != LIBRARY:
        overhead = overheads(costs, way)
        extra = f"{overhead['wall']:+.1f} s, {overhead['processor']:+.1f} s of processor time"
    return f"{kind:<8} {way:<9} {wall:<20} {processor:<20} {extra}".rstrip()


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def main(rounds: int, fresh_rounds: int, port: int) -> None:
    """Measure, and print the table and the JSON line."""
    with tempfile.TemporaryDirectory(prefix="bench-overhead-") as name:
        directory = Path(name)
        with running_server(directory / "running", port) as api:
            bench = Bench(directory, api)
            results = {}
            if rounds:
                results["reused"] = bench.reused(rounds)
            if fresh_rounds:
                results["fresh"] = bench.fresh(fresh_rounds)
    print(f"{'':<8} {'':<9} {'wall, s':<20} {'processor, s':<20} compared with the library")
    for kind, costs in results.items():
        for way in WAYS:
            print(row(kind, way, costs))
    figures(
        benchmark="overhead",
        rounds={"reused": rounds, "fresh": fresh_rounds},
        library={
            kind: round(statistics.median(cost.wall for cost in costs[LIBRARY]), 2)
            for kind, costs in results.items()
        },
        overhead={
            kind: {way: overheads(costs, way) for way in WAYS[1:]}
            for kind, costs in results.items()
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="with everything reused; 0: none")
    parser.add_argument(
        "--fresh-rounds", type=int, default=3, help="on an empty workspace; 0: none"
    )
    parser.add_argument("--port", type=int, default=4290, help="of the server")
    arguments = parser.parse_args()
    main(arguments.rounds, arguments.fresh_rounds, arguments.port)
