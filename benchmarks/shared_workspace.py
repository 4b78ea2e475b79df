"""A workspace in a bucket compared with a directory: seconds and bytes.

`make bench-shared-workspace`. `configs/smoke.yaml` runs in a directory, then in a bucket of an S3
server on loopback: on one machine, there once more, and on a second machine that has built nothing.
A machine is a directory of copies. Processor time counts the run and its children, not the server.
The bytes are those of both directions, without what the machine has on its disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks.harness import figures
from tests.buckets import BUCKET, make_bucket, running_s3, s3_environment
from tests.outage import Network, network

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "configs" / "smoke.yaml"
CASES = (
    "directory, empty",
    "directory, again",
    "bucket, empty",
    "bucket, again",
    "bucket, second machine",
)


class Cost(NamedTuple):
    """Of one run."""

    wall: float
    """Seconds."""
    processor: float
    """Seconds of user and system time, children included."""
    megabytes: float
    """Sent and received."""


def run(place: str, environment: Mapping[str, str], proxy: Network) -> Cost:
    """Run the smoke configuration to its end.

    Raises:
        SystemExit: with its output, if it fails.
    """
    command = [sys.executable, "-m", "alignment", "run", str(CONFIG), "--workspace", place]
    before = proxy.forwarded
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "CI": "true", **environment},
            stdout=output,
            stderr=output,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{output.read()}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, (proxy.forwarded - before) / 1e6)


def one_round(directory: Path, endpoint: str, proxy: Network) -> dict[str, Cost]:
    """The cost of each case, on a new directory and an empty bucket."""
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
    make_bucket(endpoint, BUCKET)
    places = {
        "directory": (str(directory / "workspace"), "none"),
        "bucket": (f"s3://{BUCKET}/team", "one"),
        "second": (f"s3://{BUCKET}/team", "two"),
    }
    order = ("directory", "directory", "bucket", "bucket", "second")
    costs = {}
    for case, name in zip(CASES, order, strict=True):
        place, cache = places[name]
        environment = {
            **s3_environment(proxy.address),
            "ALIGNMENT_WORKSPACE_CACHE": str(directory / cache),
        }
        costs[case] = run(place, environment, proxy)
        print(f"{case}: {costs[case].wall:.1f} s", flush=True)
    return costs


def main(rounds: int) -> None:
    """Measure, and print the table and the JSON line."""
    results: dict[str, list[Cost]] = {case: [] for case in CASES}
    with running_s3() as endpoint, network(endpoint) as proxy:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="bench-shared-") as name:
                for case, cost in one_round(Path(name), endpoint, proxy).items():
                    results[case].append(cost)
    print(f"{'':<24} {'wall, s':>10} {'processor, s':>14} {'MB':>8}")
    medians = {}
    for case, costs in results.items():
        wall = statistics.median(cost.wall for cost in costs)
        processor = statistics.median(cost.processor for cost in costs)
        megabytes = statistics.median(cost.megabytes for cost in costs)
        medians[case] = {
            "wall": round(wall, 2),
            "processor": round(processor, 2),
            "megabytes": round(megabytes, 1),
        }
        print(f"{case:<24} {wall:>10.1f} {processor:>14.1f} {megabytes:>8.1f}")
    figures(benchmark="shared_workspace", rounds=rounds, cases=medians)


if __name__ == "__main__":
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.shared_workspace", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=3)
    main(parser.parse_args().rounds)
