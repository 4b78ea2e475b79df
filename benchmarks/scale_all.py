"""Time and memory of every stage, from pull to the first 50 training steps, by corpus size.

Synthetic text in five languages and a small encoder. Each stage runs in a process of its own, which
finds the earlier stages finished; which stages there are is up to the pipeline. Pools are so small
that each language has several at every size: a pair costs what its pool costs.

`python -m benchmarks.scale_all [KEY=VALUE ...]`, with overrides of the configuration. Environment:
`SCALE_SIZES` (default `100000,1000000,10000000` pairs), `SCALE_UNTIL` (the last stage, default
`train`), `SCALE_CONTINUE` (1: go on with a run that was interrupted, with the same overrides).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil
from rich.console import Console
from rich.table import Table

from alignment.config import Config, load_config
from alignment.pipeline.data import prepare
from alignment.pipeline.fit import fit
from alignment.pipeline.workspace import Workspace
from alignment.types import Artifact
from benchmarks.catalogs import cache
from benchmarks.harness import INTERVAL, figures, memory_of
from benchmarks.synthetic import LANGUAGES, write_corpora

T = TypeVar("T")
SIZES = "100000,1000000,10000000"
LAST_STAGE = "train"
CONFIG = """
name: scale
encoder: {{source: scratch, vocab_size: 8000, hidden_size: 64, num_layers: 1, num_heads: 4,
           max_tokens: 64}}
corpora:
  - {{kind: local, name: synthetic, path: "{path}", license: CC0-1.0}}
languages: {{{languages}}}
clean: {{semantic: learned}}
triplets: {{pool: 10000}}
train: {{steps: 50, evaluate_every: 50}}
"""


def main() -> None:
    """Measure every size, and print the table and the JSON line."""
    overrides = sys.argv[1:]
    sizes = [int(size) for size in os.environ.get("SCALE_SIZES", SIZES).split(",")]
    results = {size: _stages(size, overrides) for size in sizes}
    _print_table(results)
    first = results[sizes[0]]
    last = results[sizes[-1]]
    ratios = _ratios(first, last, "seconds", sizes[-1] / sizes[0])
    peaks = {}
    for stage in last:
        peaks[stage] = max(stages[stage]["mib"] for stages in results.values())
    figures(
        benchmark="scale_all",
        what=f"seconds per pair at {sizes[-1]:,} pairs over those at {sizes[0]:,}, worst stage",
        ratio=max(ratios.values()),
        peak_mib=max(peaks.values()),
        ratio_by_stage=ratios,
        cpu_ratio_by_stage=_ratios(first, last, "cpu_seconds", sizes[-1] / sizes[0]),
        peak_mib_by_stage=peaks,
        sizes={str(size): stages for size, stages in results.items()},
    )


def _ratios(
    first: Mapping[str, Mapping[str, float]],
    last: Mapping[str, Mapping[str, float]],
    name: str,
    times_larger: float,
) -> dict[str, float]:
    """Seconds per pair of the largest size over those of the smallest, by stage."""
    ratios = {}
    for stage, measured in last.items():
        ratios[stage] = round(measured[name] / max(0.01, first[stage][name]) / times_larger, 2)
    return ratios


def _stages(size: int, overrides: list[str]) -> dict[str, dict[str, float]]:
    """Seconds and MiB of each stage at one size, in the order of the pipeline."""
    home = cache() / f"scale-all-{size}"
    path = write_corpora(home, size)
    config = home / "config.yaml"
    languages = ", ".join(f"{code}: {{}}" for code in LANGUAGES)
    config.write_text(CONFIG.format(path=path, languages=languages), encoding="utf-8")
    workspace = home / "workspace"
    progress = home / "measured.json"
    stages: dict[str, dict[str, float]] = {}
    if os.environ.get("SCALE_CONTINUE") and progress.is_file():
        stages = json.loads(progress.read_text())
    else:
        shutil.rmtree(workspace, ignore_errors=True)
    while not stages or list(stages)[-1] != os.environ.get("SCALE_UNTIL", LAST_STAGE):
        child = [sys.executable, "-m", "benchmarks.scale_all", "child", str(config), str(workspace)]
        run = subprocess.run([*child, *overrides], stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode:
            sys.exit(f"the stage after {list(stages)[-1:]} failed at {size:,} pairs")
        measured = json.loads(run.stdout.splitlines()[-1])
        stage = measured.pop("stage")
        stages[stage] = measured
        progress.write_text(json.dumps(stages))
        print(f"{size:,} pairs: {stage} {measured}", file=sys.stderr, flush=True)
    shutil.rmtree(workspace, ignore_errors=True)
    return stages


def _print_table(results: Mapping[int, Mapping[str, Mapping[str, float]]]) -> None:
    table = Table(title="seconds, microseconds per pair, peak MiB", title_justify="left")
    table.add_column("stage")
    for size in results:
        table.add_column(f"{size:,} pairs", justify="right")
    for stage in next(iter(results.values())):
        cells = []
        for size, stages in results.items():
            seconds = stages[stage]["seconds"]
            each = seconds / size * 1e6
            cells.append(f"{seconds:,.1f} s  {each:,.1f} µs  {stages[stage]['mib']:,.0f} MiB")
        table.add_row(stage, *cells)
    Console(width=150).print(table)


class _Finished(BaseException):
    """A stage was built; nothing between here and `run_next` may take this for an error."""

    def __init__(self, stage: str, seconds: float, cpu_seconds: float, mebibytes: float) -> None:
        super().__init__(stage)
        self.figures = {
            "stage": stage,
            "seconds": round(seconds, 2),
            "cpu_seconds": round(cpu_seconds, 2),
            "mib": round(mebibytes),
        }


def run_next(config: Config, workspace: Workspace) -> dict[str, Any]:
    """Run the first stage that is not finished yet; its name, seconds and MiB."""
    try:
        runner = _MeasuringRunner()
        fit(config, workspace, runner, prepare(config, workspace, runner))
    except _Finished as finished:
        return finished.figures
    raise SystemExit("every stage is finished already")


class _MeasuringRunner:
    """Runs stages until one is not reused. Implements `Runner`."""

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """The result of a finished stage."""
        return self.map(stage, {"": call})[""]

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """The results of a finished stage."""
        before = _cpu_seconds()
        with _PeakMemory() as peak:
            started = time.monotonic()
            results = {label: call() for label, call in calls.items()}
            seconds = time.monotonic() - started
            cpu_seconds = _cpu_seconds()
        if any(isinstance(result, Artifact) and not result.reused for result in results.values()):
            raise _Finished(stage, seconds, cpu_seconds - before, peak.mebibytes)
        return results


def _cpu_seconds() -> float:
    """Of this process and its children, which on a busy machine says more than the clock."""
    this = psutil.Process()
    used = this.cpu_times()
    total = used.user + used.system + used.children_user + used.children_system
    for child in this.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += child.cpu_times().user + child.cpu_times().system
    return float(total)


class _PeakMemory:
    """The largest memory of this process and its children, which share pages (PSS)."""

    def __init__(self) -> None:
        self.mebibytes = 0.0
        self._process = psutil.Process()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.mebibytes = max(self.mebibytes, memory_of(self._process))
            if self._done.wait(INTERVAL):
                return


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        configured = load_config(Path(sys.argv[2]), sys.argv[4:])
        print(json.dumps(run_next(configured, Workspace(Path(sys.argv[3])))))
    else:
        main()
