"""`pull` of a TMX file of 2 GB: time and memory. `python -m benchmarks.tmx`."""

from __future__ import annotations

import itertools
import shutil
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.config import LocalCorpus
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.stages.pull import pull
from alignment.store import Store
from benchmarks.catalogs import all_pairs, cache
from benchmarks.harness import figures, measure

BYTES = 2 * 10**9
LANGUAGE = "de"
UNIT = '<tu tuid="{number}"><tuv xml:lang="en"><seg>{source}</seg></tuv><tuv xml:lang="de"><seg>{target}</seg></tuv></tu>\n'


def main() -> None:
    """Measure, and print the table and the JSON line."""
    path = _file()
    store = cache() / "tmx-store"
    shutil.rmtree(store, ignore_errors=True)
    run = measure([sys.executable, "-m", "benchmarks.tmx", path, store])
    (pulled,) = store.rglob("pairs.parquet")
    pairs = pq.ParquetFile(pulled).metadata.num_rows
    shutil.rmtree(store)
    table = Table(title="pull of one TMX file", title_justify="left")
    for column in ("bytes", "pairs", "seconds", "pairs/s", "peak MiB"):
        table.add_column(column, justify="right")
    speed = pairs / run.seconds
    table.add_row(
        f"{path.stat().st_size:,}",
        f"{pairs:,}",
        f"{run.seconds:.0f}",
        f"{speed:,.0f}",
        f"{run.mebibytes:.0f}",
    )
    Console(width=120).print(table)
    figures(
        benchmark="tmx",
        unit="MiB",
        ours=round(run.mebibytes),
        peer=None,
        ratio=None,
        pairs=pairs,
        seconds=round(run.seconds, 1),
        pairs_per_second=round(speed),
    )


def _file() -> Path:
    """Catalog sentences again and again, made on the first call."""
    path = cache() / "large.tmx"
    if not path.is_file():
        temporary = path.with_suffix(".part")
        with temporary.open("w") as file:
            file.write(
                '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4"><header srclang="en"/><body>\n'
            )
            rows = (
                row
                for _ in itertools.count()
                for row in tables.read(all_pairs(), ["source", "target"])
            )
            for number, row in enumerate(rows):
                texts = {
                    side: escape("".join(filter(str.isprintable, row[side])))
                    for side in ("source", "target")
                }
                file.write(UNIT.format(number=number, **texts))
                if number % 10_000 == 0 and temporary.stat().st_size > BYTES:
                    break
            file.write("</body></tmx>\n")
        temporary.rename(path)
    return path


if __name__ == "__main__":
    if len(sys.argv) > 1:
        file, store = map(Path, sys.argv[1:])
        corpus = LocalCorpus(kind="local", path=file)
        pull(RunContext(Store(store), Downloads(store), "en", seed=1), LANGUAGE, (corpus,))
    else:
        main()
