"""Time of the stages of each language on one machine of a Ray cluster and on two.

`make bench-scale-out`. Each "machine" is a group of processes on this one with one core, so two of
them need two free cores. The text is synthetic, in four languages, with the small encoder of
`benchmarks.scale_all`. Workers have loaded torch before the clock starts. `SCALE_OUT_PAIRS`
chooses the number of pairs (default 200000).

The efficiency is the time on one machine over twice the time on two: 1 is perfect. `ratio` in the
JSON line is that of all these stages together. On a busy machine the processor time says more:
`cpu_ratio` is that of two machines over that of one, for the same work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from alignment.config import Config, load_config
from alignment.config.runner import RunnerSettings
from alignment.files import remove
from alignment.pipeline.cluster.connection import connected
from alignment.pipeline.cluster.runner import HERE, RayRunner
from alignment.pipeline.data import prepare
from alignment.pipeline.workspace import Workspace
from benchmarks.catalogs import cache
from benchmarks.harness import figures
from benchmarks.scale_all import CONFIG
from benchmarks.synthetic import LANGUAGES, write_corpora
from tests.scale.cluster import Cluster, running_cluster

T = TypeVar("T")
PAIRS = 200_000
NUM_LANGUAGES = 4
MACHINES = (1, 2)
WARM_UP = "evaluate nothing"
"""Named as a stage that encodes, so that the workers keep what they have loaded."""


class TimedRunner(RayRunner):
    """Keeps the seconds of each stage that runs on the cluster."""

    def __init__(self, settings: RunnerSettings, mark: Path | None, cluster: Cluster) -> None:
        super().__init__(settings, mark)
        self._cluster = cluster
        self.seconds: dict[str, float] = {}
        self.cpu_seconds = 0.0

    def map(
        self,
        stage: str,
        calls: Mapping[str, Callable[[], T]],
        wrap: Callable[[Callable[[], T]], Callable[[], T]] = lambda call: call,
    ) -> dict[str, T]:
        """See `RayRunner.map`."""
        cpu_before = self._cluster.cpu_seconds()
        started = time.monotonic()
        results = super().map(stage, calls, wrap)
        if stage not in HERE and stage != WARM_UP:
            self.seconds[stage] = round(time.monotonic() - started, 2)
            self.cpu_seconds += self._cluster.cpu_seconds() - cpu_before
        return results


def main() -> None:
    """Measure, and print the table and the JSON line."""
    os.environ["OMP_NUM_THREADS"] = "1"
    pairs = int(os.environ.get("SCALE_OUT_PAIRS", PAIRS))
    config = _config(pairs)
    runners = {machines: _measured(config, machines) for machines in MACHINES}
    one, two = (runner.seconds for runner in runners.values())
    cpu_one, cpu_two = (runner.cpu_seconds for runner in runners.values())
    efficiency = {stage: round(one[stage] / two[stage] / 2, 2) for stage in one}
    total = round(sum(one.values()) / sum(two.values()) / 2, 3)
    table = Table(title=f"{pairs:,} pairs in {NUM_LANGUAGES} languages", title_justify="left")
    for column in ("stage", "1 machine", "2 machines", "efficiency"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for stage in one:
        table.add_row(
            stage, f"{one[stage]:.1f} s", f"{two[stage]:.1f} s", f"{efficiency[stage]:.2f}"
        )
    table.add_row("all", f"{sum(one.values()):.1f} s", f"{sum(two.values()):.1f} s", f"{total:.2f}")
    Console(width=100).print(table)
    figures(
        benchmark="scale_out",
        what="time on one machine over twice the time on two, stages of each language",
        ratio=total,
        ratio_by_stage=efficiency,
        cpu_ratio=round(cpu_two / cpu_one, 3),
        seconds={str(machines): runner.seconds for machines, runner in runners.items()},
        cpu_seconds={"1": round(cpu_one, 1), "2": round(cpu_two, 1)},
    )


def _config(pairs: int) -> Config:
    home = cache() / f"scale-out-{pairs}"
    path = write_corpora(home, pairs * len(LANGUAGES) // NUM_LANGUAGES)
    languages = ", ".join(f"{code}: {{}}" for code in LANGUAGES[:NUM_LANGUAGES])
    file = home / "config.yaml"
    file.write_text(CONFIG.format(path=path, languages=languages), encoding="utf-8")
    return load_config(file)


def _measured(config: Config, machines: int) -> TimedRunner:
    """The runner of all stages before training on a cluster of this size."""
    root = cache() / f"scale-out-workspace-{machines}"
    remove(root)
    with running_cluster() as cluster:
        for number in range(machines):
            cluster.add(f"machine {number + 1}", memory=3 * 10**9)
        settings = RunnerSettings(kind="ray", address=cluster.address)
        workspace = Workspace(root)
        with connected(settings, workspace.root) as mark:
            runner = TimedRunner(settings, mark, cluster)
            runner.map(WARM_UP, {str(number): _load_torch for number in range(machines)})
            prepare(config, workspace, runner)
    remove(root)
    return runner


def _load_torch() -> None:
    import alignment.encoder.directory  # noqa: F401

    time.sleep(5)  # so that no worker takes two of these


if __name__ == "__main__":
    main()
