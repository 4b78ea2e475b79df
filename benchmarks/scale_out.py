"""Time of the stages of each language on one machine of a Ray cluster and on two.

`make bench-scale-out`. Each "machine" is a group of processes on this one with one core, so two of
them need two free cores. The text is synthetic, in four languages, with the small encoder of
`benchmarks.scale_all`. Workers have loaded torch before the clock starts. `SCALE_OUT_PAIRS`
chooses the number of pairs (default 200000).

The efficiency is the time on one machine over twice the time on two: 1 is perfect. `ratio` in the
JSON line is that of all these stages together.
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
from tests.scale.cluster import running_cluster

T = TypeVar("T")
PAIRS = 200_000
NUM_LANGUAGES = 4
MACHINES = (1, 2)


class TimedRunner(RayRunner):
    """Keeps the seconds of each stage that runs on the cluster."""

    def __init__(self, settings: RunnerSettings, mark: Path) -> None:
        super().__init__(settings, mark)
        self.seconds: dict[str, float] = {}

    def map(
        self,
        stage: str,
        calls: Mapping[str, Callable[[], T]],
        wrap: Callable[[Callable[[], T]], Callable[[], T]] = lambda call: call,
    ) -> dict[str, T]:
        """See `RayRunner.map`."""
        started = time.monotonic()
        results = super().map(stage, calls, wrap)
        if stage not in HERE:
            self.seconds[stage] = time.monotonic() - started
        return results


def main() -> None:
    """Measure, and print the table and the JSON line."""
    os.environ["OMP_NUM_THREADS"] = "1"
    pairs = int(os.environ.get("SCALE_OUT_PAIRS", PAIRS))
    config = _config(pairs)
    seconds = {machines: _seconds(config, machines) for machines in MACHINES}
    one, two = (seconds[machines] for machines in MACHINES)
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
        seconds={str(machines): stages for machines, stages in seconds.items()},
    )


def _config(pairs: int) -> Config:
    home = cache() / f"scale-out-{pairs}"
    path = write_corpora(home, pairs * len(LANGUAGES) // NUM_LANGUAGES)
    languages = ", ".join(f"{code}: {{}}" for code in LANGUAGES[:NUM_LANGUAGES])
    file = home / "config.yaml"
    file.write_text(CONFIG.format(path=path, languages=languages), encoding="utf-8")
    return load_config(file)


def _seconds(config: Config, machines: int) -> dict[str, float]:
    """Seconds of each stage on a cluster of this size, from an empty workspace."""
    root = cache() / f"scale-out-workspace-{machines}"
    remove(root)
    with running_cluster() as cluster:
        for number in range(machines):
            cluster.add(f"machine {number + 1}", memory=3 * 10**9)
        settings = RunnerSettings(kind="ray", address=cluster.address)
        workspace = Workspace(root)
        with connected(settings, workspace.root) as mark:
            runner = TimedRunner(settings, mark)
            runner.map("warm up", {str(number): _load_torch for number in range(machines)})
            runner.seconds.clear()
            prepare(config, workspace, runner)
    remove(root)
    return {stage: round(seconds, 2) for stage, seconds in runner.seconds.items()}


def _load_torch() -> None:
    import alignment.encoder.directory  # noqa: F401

    time.sleep(5)  # so that no worker takes two of these


if __name__ == "__main__":
    main()
