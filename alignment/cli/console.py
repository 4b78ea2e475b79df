"""What the command line shows: a line per stage, a bar while training, tables at the end."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.tree import Tree

from alignment.cleaning.ledger import REASONS
from alignment.config import Config
from alignment.downloads import Downloads
from alignment.languages import name as language_name
from alignment.pipeline.runner import failures
from alignment.registry import Registry
from alignment.report.summary import Summary
from alignment.stages.pull import PullCounts
from alignment.stages.train import log_progress
from alignment.store import Store
from alignment.types import Artifact, StepMetrics

T = TypeVar("T")
console = Console(highlight=False)


class ConsoleRunner:
    """Runs stages here, one after another, and says what became of each. Implements `Runner`."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.bar: Progress | None = None
        self.log = log_progress(steps)

    def run(self, stage: str, call: Callable[[], T]) -> T:
        """Run it; a result that is an artifact gets its line."""
        started = time.monotonic()
        try:
            result = call()
        finally:
            self._close()
        _line(stage, [result], time.monotonic() - started)
        return result

    def map(self, stage: str, calls: Mapping[str, Callable[[], T]]) -> dict[str, T]:
        """Run all, then raise what failed."""
        started = time.monotonic()
        results: dict[str, T] = {}
        failed: dict[str, Exception] = {}
        with console.status(stage) as status:
            for label, call in calls.items():
                status.update(f"{stage} {label}")
                try:
                    results[label] = call()
                except (
                    Exception
                ) as error:  # the others may still succeed; all failures are raised below
                    failed[label] = error
        if failed:
            raise failures(stage, failed)
        _line(stage, list(results.values()), time.monotonic() - started)
        return results

    def watch(self, step: StepMetrics) -> None:
        """A training step: the bar on a terminal, ten log lines elsewhere."""
        if not console.is_terminal or os.environ.get("CI"):
            self.log(step)
            return
        if self.bar is None:
            columns = [
                TextColumn("  train"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[figures]}"),
            ]
            self.bar = Progress(*columns, console=console, transient=True)
            self.bar.add_task("train", total=self.steps, figures="")
            self.bar.start()
        rate = step.triplets / max(step.seconds, 1e-9)
        figures = f"loss {step.loss:.4f}  active {step.active:4.0%}  {rate:5.1f} triplets/s"
        self.bar.update(self.bar.task_ids[0], completed=step.step, figures=figures)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


@contextmanager
def progress(downloads: Downloads) -> Iterator[None]:
    """A bar for each download, on a terminal; quiet elsewhere."""
    if not console.is_terminal or os.environ.get("CI"):
        yield
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(url: str, done: int, size: int | None) -> None:
            if url not in tasks:
                tasks[url] = bars.add_task(url.rpartition("/")[2][:40], total=size)
            bars.update(tasks[url], completed=done, total=size)

        downloads.progress = show
        yield
        downloads.progress = None


def _line(stage: str, results: list[Any], seconds: float) -> None:
    artifacts = [result for result in results if isinstance(result, Artifact)]
    if not artifacts:
        return
    reused = sum(artifact.reused for artifact in artifacts)
    many = f"{len(artifacts)} languages" if len(artifacts) > 1 else ""
    state = "reused" if reused == len(artifacts) else f"{reused} reused" if reused else ""
    rows = _total(artifacts)
    parts = [part for part in (many, rows, state) if part]
    mark = "[dim]=[/dim]" if reused == len(artifacts) else "[green]✓[/green]"
    console.print(f"{mark} {stage:<20} {' · '.join(parts)}  [dim]{seconds:.1f} s[/dim]")


def _total(artifacts: list[Artifact]) -> str:
    """The main count of a stage: pairs, kept, triplets, steps."""
    for name in ("kept", "triplets", "pairs", "passed"):
        if all(name in artifact.counts for artifact in artifacts):
            return f"{sum(artifact.counts[name] for artifact in artifacts):,} {name}"
    return ""


def print_outcome(summary: Summary, directory: Path) -> None:
    """The accuracy table, the verdict, and where the report lies."""
    for suite, mean in summary.mean.items():
        table = Table(title=f"accuracy@1, {suite} (%)", title_justify="left", title_style="bold")
        for column, side in (
            ("language", "left"),
            ("pairs", "right"),
            ("before", "right"),
            ("after", "right"),
            ("95 %", "right"),
            ("gate", "left"),
        ):
            table.add_column(column, justify=side)  # type: ignore[arg-type]
        for language in summary.languages.values():
            if suite not in language.suites:
                continue
            result = language.suites[suite]
            label = language.name if language.trained else f"{language.name} (control)"
            interval = f"{100 * result.after.low:.1f}-{100 * result.after.high:.1f}"
            verdict = (
                "[green]pass[/green]" if result.passed else f"[red]refused[/red]: {result.reason}"
            )
            table.add_row(
                label,
                str(result.n),
                f"{100 * result.before.mean:.1f}",
                f"{100 * result.after.mean:.1f}",
                interval,
                verdict,
            )
        table.add_section()
        table.add_row(
            "mean (trained)", "", f"{100 * mean.before:.1f}", f"{100 * mean.after:.1f}", "", ""
        )
        console.print(table)
    if summary.verdict == "approved":
        deployed = (
            "deployed"
            if summary.version == summary.champion
            else "published, not deployed: it was rolled back before"
        )
        console.print(
            f"[bold green]Approved[/bold green] against {summary.reference}: {summary.version} is {deployed}."
        )
    else:
        stays = f"{summary.champion} stays deployed" if summary.champion else "nothing is deployed"
        console.print(f"[bold red]Rejected[/bold red] against {summary.reference}: {stays}.")
    console.print(f"{summary.seconds:.0f} s. Report: {directory / 'report.html'}", soft_wrap=True)


def print_stages(summary: Summary) -> None:
    """Every artifact of a run with its key."""
    table = Table(title=f"{summary.name} {summary.run}", title_justify="left", title_style="bold")
    for column in ("stage", "language", "key", "seconds", "rows", "reused"):
        table.add_column(column, justify="right" if column in ("seconds", "rows") else "left")
    for stage in summary.stages:
        rows = next(
            (f"{stage.counts[k]:,}" for k in ("kept", "triplets", "pairs") if k in stage.counts), ""
        )
        table.add_row(
            stage.stage,
            stage.label,
            stage.key[:12],
            f"{stage.seconds:.1f}",
            rows,
            "reused" if stage.reused else "made",
        )
    console.print(table)


def print_ledger(cleaned: Mapping[str, Artifact]) -> None:
    """Rows per language: pulled, kept, and what was dropped by each step in their order."""
    ledgers = {
        code: json.loads((artifact.path / "ledger.json").read_text())
        for code, artifact in cleaned.items()
    }
    table = Table(title="rows by language", title_justify="left", title_style="bold")
    for column in ("language", "pulled", "kept", "dropped, in the order of the steps"):
        table.add_column(
            column, justify="right" if column in ("pulled", "kept") else "left", overflow="fold"
        )
    total: Counter[str] = Counter()
    for code, ledger in ledgers.items():
        total.update({"pulled": ledger["seen"], "kept": ledger["kept"], **ledger["dropped"]})
        table.add_row(
            language_name(code),
            f"{ledger['seen']:,}",
            f"{ledger['kept']:,}",
            _dropped(ledger["dropped"]),
        )
    table.add_section()
    table.add_row(
        f"{len(ledgers)} languages", f"{total['pulled']:,}", f"{total['kept']:,}", _dropped(total)
    )
    console.print(table)


def _dropped(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{reason.replace('_', ' ')} {counts[reason]:,}" for reason in REASONS if counts.get(reason)
    )


def print_languages(config: Config, pulled: Mapping[str, Artifact]) -> None:
    """Configured languages with the pairs of each corpus, before cleaning."""
    by_corpus = {code: PullCounts.of(artifact).by_corpus for code, artifact in pulled.items()}
    names = list(dict.fromkeys(name for counts in by_corpus.values() for name in counts))
    table = Table(
        title=f"{config.name}: pairs with {config.pivot}, before cleaning",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("code")
    table.add_column("language")
    for name in (*names, "all"):
        table.add_column(name, justify="right")
    for code, artifact in pulled.items():
        counts = [f"{by_corpus[code].get(name, 0):,}" for name in names]
        label = language_name(code) + ("" if code in config.languages else " (control)")
        table.add_row(code, label, *counts, f"{artifact.counts['pairs']:,}")
    console.print(table)


def print_versions(registry: Registry) -> None:
    """Versions with their accuracy; the deployed one is marked."""
    champion = registry.champion()
    table = Table(title=registry.name, title_justify="left", title_style="bold")
    for column in ("version", "deployed", "created", "compared with", "mean accuracy (%)"):
        table.add_column(column)
    for version in registry.versions():
        means = ", ".join(
            f"{suite} {100 * mean:.1f}" for suite, mean in version.mean_accuracy().items()
        )
        state = (
            "champion"
            if champion and champion.name == version.name
            else "rolled back"
            if registry.rolled_back(version)
            else ""
        )
        table.add_row(
            version.name,
            state,
            str(version.manifest.get("created", "")),
            str(version.manifest.get("reference", "")),
            means,
        )
    console.print(table)


def print_lineage(store: Store, artifact: Artifact) -> None:
    """The artifact, why it was made, and its inputs down to the sources."""
    manifest = json.loads((artifact.path / "manifest.json").read_text())
    console.print(f"[bold]{artifact.stage} {artifact.label}[/bold] {artifact.key}", soft_wrap=True)
    console.print(
        f"  made     {manifest['created']}, {artifact.seconds:.1f} s, seed {manifest['seed']}, commit {manifest['git_commit'] or 'unknown'}"
    )
    console.print(f"  because  {'; '.join(artifact.rebuild_reasons)}", soft_wrap=True)
    console.print(f"  counts   {json.dumps(artifact.counts, ensure_ascii=False)}", soft_wrap=True)
    console.print(
        f"  packages {', '.join(f'{k} {v}' for k, v in manifest['versions'].items())}",
        soft_wrap=True,
    )
    console.print(
        f"  config   {json.dumps(manifest['config'], ensure_ascii=False)}", soft_wrap=True
    )
    tree = Tree("inputs")
    _grow(tree, store, manifest["inputs"], set())
    console.print(tree)


def _grow(
    tree: Tree, store: Store, inputs: Mapping[str, Mapping[str, str]], seen: set[str]
) -> None:
    for name, given in inputs.items():
        if not given["key"]:
            tree.add(f"{name} [dim]file {given['path']} sha256 {given['digest'][:12]}[/dim]")
            continue
        branch = tree.add(
            f"{name} [dim]{given['key'][:12]}{' (above)' if given['key'] in seen else ''}[/dim]"
        )
        if given["key"] in seen:
            continue
        seen.add(given["key"])
        try:
            path = store.get(given["key"]).path / "manifest.json"
        except Exception:  # an artifact that was deleted since: its key is all there is to say
            branch.add("[dim]no longer in the store[/dim]")
            continue
        _grow(branch, store, json.loads(path.read_text())["inputs"], seen)
