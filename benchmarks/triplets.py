"""Triplets at scale: random and lexical negatives for a million pairs.

From pairs, catalog texts of all languages without any cleaning, to `triplets.parquet`. The peer is
what the lexical half would cost by querying bm25s once per text, measured on some texts of each
language against the same pools. Run it with `python -m benchmarks.triplets [PAIRS]`.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

import bm25s
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.config import Triplets
from alignment.stages.mine import mine
from alignment.stages.triplets import triplets
from alignment.store import Store
from alignment.triplets.lexical import POOL, tokenize
from alignment.types import Artifact
from benchmarks.catalogs import all_pairs, cache
from benchmarks.harness import figures, measure

PAIRS = 1_000_000
SETTINGS = Triplets.model_validate({"shares": {"random": 0.5, "lexical": 0.5, "semantic": 0.0}})
SAMPLE = 100  # queries of the peer per language
RANKS = SETTINGS.num_candidates


def main() -> None:
    """Measure, and print the table and the JSON line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    home = prepare(count)
    run = measure([sys.executable, "-m", "benchmarks.triplets", "ours", home])
    ours = json.loads(run.output.splitlines()[-1])
    per_query = seconds_per_query(home)
    peer = per_query * 2 * count
    table = Table(
        title=f"{count:,} pairs, both directions: random and lexical negatives",
        title_justify="left",
    )
    for column in ("", "seconds", "peak MiB"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("candidates (mine)", f"{ours['mine']:.0f}", "")
    table.add_row("guards, choice, audit (triplets)", f"{ours['triplets']:.0f}", "")
    table.add_row("all", f"{ours['mine'] + ours['triplets']:.0f}", f"{run.mebibytes:.0f}")
    table.add_section()
    table.add_row(
        f"bm25s, one query per text, from {SAMPLE} texts of each language", f"{peer:.0f}", ""
    )
    Console(width=120).print(table)
    figures(
        benchmark="triplets",
        unit="s",
        ours=round(ours["mine"] + ours["triplets"], 1),
        peer=round(peer, 1),
        ratio=round(peer / ours["mine"], 1),
        mine=round(ours["mine"], 1),
        triplets=round(ours["triplets"], 1),
        mib=round(run.mebibytes),
        pairs=count,
        built=ours["built"],
    )


def prepare(count: int) -> Path:
    """One table per language in the form that cleaning gives them, written once."""
    home = cache() / f"triplets-{count}"
    if not (home / "done").is_file():
        table = pq.read_table(all_pairs(), columns=tables.PAIRS.names)
        first = (
            table.append_column("row", pa.array(range(len(table))))
            .group_by(["pair_id", "target_lang"])
            .aggregate([("row", "min")])
        )
        table = table.take(first.sort_by("row_min")["row_min"][:count])
        for language in table["target_lang"].unique().to_pylist():
            rows = table.filter(pc.equal(table["target_lang"], language))
            tables.write_batches(
                home / language / "pairs.parquet", tables.PAIRS, rows.combine_chunks().to_batches()
            )
        (home / "done").touch()
    return home


def run_ours(home: Path) -> dict[str, float]:
    """Our side: both stages, called as in a run. Returns their seconds and the triplets built."""
    with tempfile.TemporaryDirectory() as directory:
        store = Store(Path(directory))
        cleaned = {
            path.parent.name: _artifact(path.parent)
            for path in sorted(home.glob("*/pairs.parquet"))
        }
        no_encoder = _artifact(home)  # the settings do not need one
        started = time.monotonic()
        mined = {
            language: mine(store, language, pairs, no_encoder, SETTINGS, pivot="en", seed=1)
            for language, pairs in cleaned.items()
        }
        between = time.monotonic()
        settings = dict.fromkeys(cleaned, SETTINGS)
        built = triplets(store, cleaned, mined, settings, uses={}, margin=0.2, pivot="en", seed=1)
        ended = time.monotonic()
        return {
            "mine": between - started,
            "triplets": ended - between,
            "built": built.counts["triplets"],
        }


def _artifact(path: Path) -> Artifact:
    return Artifact("clean", path.name, path.name, path, {}, {}, 0.0, path.name)


def seconds_per_query(home: Path) -> float:
    """Seconds that bm25s takes per query, as a mean over the languages, weighted by their pairs."""
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    seconds = 0.0
    texts = 0
    for path in sorted(home.glob("*/pairs.parquet")):
        (targets,) = tables.read_columns(path, "target")
        pool = []
        for text in targets[:: -(-len(targets) // POOL)]:
            if words := tokenize(text, path.parent.name):
                pool.append(words)
        if len(pool) < 2 * RANKS:
            continue
        index = bm25s.BM25(method="lucene")
        index.index(pool, show_progress=False)
        queries = random.Random(0).sample(pool, min(SAMPLE, len(pool)))
        started = time.monotonic()
        index.retrieve(queries, k=RANKS + 1, show_progress=False, n_threads=1)
        seconds += (time.monotonic() - started) / len(queries) * len(targets)
        texts += len(targets)
    return seconds / texts


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(run_ours(Path(sys.argv[2]))))
    else:
        main()
