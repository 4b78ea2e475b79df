"""Random and lexical triplets of a million pairs, from clean pairs to `triplets.parquet`.

The pairs are those of the catalogs in all languages, without cleaning. The peer is the lexical half
with one bm25s query per text, measured on some texts of each language against the same pools.
`python -m benchmarks.triplets [PAIRS]`.
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
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.stages.mine import mine
from alignment.stages.triplets import triplets
from alignment.store import Store
from alignment.triplets.lexical import POOL, tokenize
from alignment.types import Artifact
from benchmarks.catalogs import all_pairs, cache
from benchmarks.harness import figures, measure

PAIRS = 1_000_000
SETTINGS = Triplets.model_validate({"shares": {"random": 0.5, "lexical": 0.5, "semantic": 0.0}})
SAMPLE = 100  # of the peer, a language
RANKS = SETTINGS.num_candidates


def main() -> None:
    """Measure, and print the table and the JSON line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    home = prepare(count)
    run = measure([sys.executable, "-m", "benchmarks.triplets", "ours", home])
    found = json.loads(run.output.splitlines()[-1])
    per_query = asked_one_by_one(home)
    peer = per_query * 2 * count
    table = Table(
        title=f"{count:,} pairs, both directions: random and lexical negatives",
        title_justify="left",
    )
    for column in ("", "seconds", "peak MiB"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("candidates (mine)", f"{found['mine']:.0f}", "")
    table.add_row("guards, choice, audit (triplets)", f"{found['triplets']:.0f}", "")
    table.add_row("all", f"{found['mine'] + found['triplets']:.0f}", f"{run.mebibytes:.0f}")
    table.add_section()
    table.add_row(f"bm25s, text by text, from {SAMPLE} texts of each language", f"{peer:.0f}", "")
    Console(width=120).print(table)
    figures(
        benchmark="triplets",
        unit="s",
        ours=round(found["mine"] + found["triplets"], 1),
        peer=round(peer, 1),
        ratio=round(peer / found["mine"], 1),
        mine=round(found["mine"], 1),
        triplets=round(found["triplets"], 1),
        mib=round(run.mebibytes),
        pairs=count,
        built=found["built"],
    )


def prepare(count: int) -> Path:
    """Tables by language as cleaning leaves them, made once."""
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
            own = table.filter(pc.equal(table["target_lang"], language))
            tables.write_batches(
                home / language / "pairs.parquet", tables.PAIRS, own.combine_chunks().to_batches()
            )
        (home / "done").touch()
    return home


def run_ours(home: Path) -> dict[str, float]:
    """What is measured of us: both stages, as a run calls them."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        context = RunContext(Store(root), Downloads(root), pivot="en", seed=1)
        cleaned = {
            path.parent.name: _artifact(path.parent)
            for path in sorted(home.glob("*/pairs.parquet"))
        }
        started = time.monotonic()
        mined = {
            language: mine(context, language, own, None, SETTINGS)
            for language, own in cleaned.items()
        }
        between = time.monotonic()
        every = dict.fromkeys(cleaned, SETTINGS)
        built = triplets(context, cleaned, mined, every, uses={}, margin=0.2)
        ended = time.monotonic()
        return {
            "mine": between - started,
            "triplets": ended - between,
            "built": built.counts["triplets"],
        }


def _artifact(path: Path) -> Artifact:
    return Artifact("clean", path.name, path.name, path, {}, {}, 0.0, path.name)


def asked_one_by_one(home: Path) -> float:
    """Seconds that bm25s takes for one text, as a mean over the languages by their pairs."""
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    seconds = texts = 0.0
    for path in sorted(home.glob("*/pairs.parquet")):
        (targets,) = tables.read_columns(path, "target")
        pool = [
            own
            for text in targets[:: -(-len(targets) // POOL)]
            if (own := tokenize(text, path.parent.name))
        ]
        if len(pool) < 2 * RANKS:
            continue
        index = bm25s.BM25(method="lucene")
        index.index(pool, show_progress=False)
        asked = random.Random(0).sample(pool, min(SAMPLE, len(pool)))
        started = time.monotonic()
        index.retrieve(asked, k=RANKS + 1, show_progress=False, n_threads=1)
        seconds += (time.monotonic() - started) / len(asked) * len(targets)
        texts += len(targets)
    return seconds / texts


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(run_ours(Path(sys.argv[2]))))
    else:
        main()
