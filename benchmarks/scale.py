"""Time and memory of cleaning and of the leak search, at 100 thousand to 10 million pairs.

The pairs are catalog sentences with a number added to both sides, so that no two are the same.
All filters with their defaults, exact duplicates, the cap of equal targets, a held-out share and
a suite of ten thousand sentences. `python -m benchmarks.scale`.
"""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from alignment import layout, tables
from alignment.config import Clean, Holdout
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.files import file_digest
from alignment.stages.clean import clean
from alignment.stages.holdout import holdout
from alignment.store import Store
from alignment.types import Artifact
from benchmarks.catalogs import all_pairs, cache
from benchmarks.harness import figures, measure

SIZES = (100_000, 1_000_000, 10_000_000)
LANGUAGE = "de"


def main() -> None:
    """Measure, and print the table and the JSON line."""
    table = Table(title="holdout and clean, all filters, two workers", title_justify="left")
    for column in ("pairs", "seconds", "microseconds per pair", "peak MiB"):
        table.add_column(column, justify="right")
    results = {}
    for size in SIZES:
        home = _pulled(size)
        shutil.rmtree(home / "store", ignore_errors=True)
        run = measure([sys.executable, "-m", "benchmarks.scale", home, str(size)])
        shutil.rmtree(home / "store", ignore_errors=True)
        each = run.seconds / size * 1e6
        table.add_row(f"{size:,}", f"{run.seconds:.1f}", f"{each:.2f}", f"{run.mebibytes:,.0f}")
        results[str(size)] = {
            "seconds": round(run.seconds, 1),
            "microseconds_per_pair": round(each, 2),
            "mib": round(run.mebibytes),
        }
    Console(width=120).print(table)
    first, last = results[str(SIZES[0])], results[str(SIZES[-1])]
    ratio = last["microseconds_per_pair"] / first["microseconds_per_pair"]
    figures(
        benchmark="scale",
        ours=last["microseconds_per_pair"],
        peer=None,
        ratio=round(ratio, 3),
        what="microseconds per pair at the largest size; ratio: over the smallest",
        peak_mib=last["mib"],
        sizes=results,
    )


def run(home: Path, size: int) -> None:
    """What is measured: the two stages, on what `pull` would have left."""
    context = RunContext(Store(home / "store"), Downloads(home), pivot="en", seed=1)
    (home / layout.SKIPPED).write_text("{}")
    files = {name: file_digest(home / name) for name in (layout.PAIRS, layout.SKIPPED)}
    pulled = Artifact("pull", LANGUAGE, "k", home, files, {"pairs": size}, 0.0, "d")
    limits = Clean()
    suites = holdout(
        context,
        {LANGUAGE: pulled},
        Holdout(share=0.1),
        {LANGUAGE: limits},
    )
    clean(context, LANGUAGE, pulled, suites, limits, share=0.1)


def _pulled(size: int) -> Path:
    home = cache() / f"scale-{size}"
    if not (home / "pairs.parquet").is_file():
        temporary = home / "pairs.part"
        tables.write_batches(temporary, tables.PAIRS, _numbered(size))
        temporary.rename(home / "pairs.parquet")
    return home


def _numbered(size: int) -> Iterator[pa.RecordBatch]:
    """Batches of the catalogs again and again, each pair with its number."""
    left = size
    for turn in itertools.count():
        for batch in tables.batches(all_pairs()):
            rows = batch.slice(0, min(left, batch.num_rows))
            numbers = pa.array([f" {turn}{left - i}" for i in range(rows.num_rows)])
            for side in ("source", "target"):
                texts = pc.binary_join_element_wise(rows.column(side), numbers, "")
                rows = rows.set_column(rows.schema.get_field_index(side), side, texts)
            yield rows
            left -= rows.num_rows
            if not left:
                return


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
