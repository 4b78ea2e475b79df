"""Time and memory of `pull` on a TMX file of 2 GB: `python -m benchmarks.tmx`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
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
HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4"><header srclang="en"/><body>\n'
UNIT = (
    '<tu tuid="{number}">'
    '<tuv xml:lang="en"><seg>{source}</seg></tuv>'
    '<tuv xml:lang="de"><seg>{target}</seg></tuv>'
    "</tu>\n"
)


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
    speed = pairs / run.seconds
    cells = {
        "bytes": f"{path.stat().st_size:,}",
        "pairs": f"{pairs:,}",
        "seconds": f"{run.seconds:.0f}",
        "pairs/s": f"{speed:,.0f}",
        "peak MiB": f"{run.mebibytes:.0f}",
    }
    for column in cells:
        table.add_column(column, justify="right")
    table.add_row(*cells.values())
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
    """A TMX file that repeats the catalog sentences, written by the first call."""
    path = cache() / "large.tmx"
    if path.is_file():
        return path
    temporary = path.with_suffix(".part")
    with temporary.open("w") as file:
        file.write(HEADER)
        for number, row in enumerate(_endless_pairs()):
            source = _escaped(row["source"])
            target = _escaped(row["target"])
            file.write(UNIT.format(number=number, source=source, target=target))
            if number % 10_000 == 0 and temporary.stat().st_size > BYTES:
                break
        file.write("</body></tmx>\n")
    temporary.rename(path)
    return path


def _endless_pairs() -> Iterator[dict[str, Any]]:
    while True:
        yield from tables.read(all_pairs(), ["source", "target"])


def _escaped(text: str) -> str:
    return escape("".join(filter(str.isprintable, text)))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        file, store = map(Path, sys.argv[1:])
        corpus = LocalCorpus(kind="local", path=file)
        pull(RunContext(Store(store), Downloads(store), "en", seed=1), LANGUAGE, (corpus,))
    else:
        main()
