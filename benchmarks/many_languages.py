"""Training on 1.84 million triplets of 397 languages with `char_noise: 0.1`: memory, first step.

An earlier version held the triplets and their misspelled copies in Python objects. It was killed at
18.5 GiB before its first step.

The triplets come from the catalogs of `benchmarks.catalogs`, whose languages are far fewer. Further
languages are their texts with the words in another order, under codes for private use.
`python -m benchmarks.many_languages [ENCODER]`; ENCODER is a directory, by default the quickstart's
encoder. `MANY_PAIRS` sets another number of pairs than 920,000.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from alignment import tables
from benchmarks import harness
from benchmarks.catalogs import all_pairs, cache
from benchmarks.scale_train import PAIRS_PER_BATCH, measure, triplets_of

LANGUAGES = 397
PAIRS = 920_000
CHAR_NOISE = 0.1
PIVOT = "en"


def main(encoder: Path) -> None:
    """Measure, and print the table and the JSON line."""
    path = many_languages(int(os.environ.get("MANY_PAIRS", PAIRS)))
    result = measure(path, encoder, char_noise=CHAR_NOISE)
    title = f"{tables.count_rows(path):,} triplets, {LANGUAGES} languages, char_noise {CHAR_NOISE}"
    table = Table(title=title, title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:,.1f}")
    Console(width=120).print(table)
    harness.figures(
        benchmark="many_languages",
        unit="MiB of the training process at its peak",
        ours=result["training_mib"],
        peer=None,
        ratio=None,
        triplets=tables.count_rows(path),
        languages=LANGUAGES,
        **result,
    )


class _Variation(NamedTuple):
    """The language `code`, made from the catalogs of another by a rotation of the words."""

    code: str
    catalog: str
    rotation: int


def many_languages(pairs: int) -> Path:
    """A triplets table of about `pairs` pairs in both directions, written by the first call."""
    path = cache() / f"many-languages-{pairs}.parquet"
    if not path.is_file():
        temporary = path.with_suffix(".part")
        tables.write_batches(temporary, tables.TRIPLETS, _batches(pairs))
        temporary.rename(path)
    return path


def _batches(pairs: int) -> Iterator[pa.RecordBatch]:
    columns = ["source", "target", "target_lang"]
    catalogs = tables.read_table(all_pairs(), columns=columns).combine_chunks()
    english = catalogs["source"].combine_chunks().dictionary_encode()
    groups = english.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    sizes = {}
    for count in pc.value_counts(catalogs["target_lang"]).to_pylist():
        sizes[count["values"]] = count["counts"]
    variations = _variations(sizes)
    available = sum(sizes[variation.catalog] for variation in variations)
    step = max(1.0, available / pairs)
    for variation in variations:
        rows = np.flatnonzero(pc.equal(catalogs["target_lang"], variation.catalog).to_numpy())
        first = variation.rotation * step / 3  # other rows than those of the catalog itself
        chosen = rows[np.arange(first, len(rows), step).astype(np.int64)]
        if not len(chosen):
            chosen = rows[:1]
        for start in range(0, len(chosen), PAIRS_PER_BATCH):
            part = chosen[start : start + PAIRS_PER_BATCH]
            texts = catalogs.take(part)
            sources = texts["source"].to_pylist()
            targets = [_rotated(text, variation.rotation) for text in texts["target"].to_pylist()]
            sides = (PIVOT, variation.code)
            yield triplets_of(sources, targets, groups[part], sides)
            yield triplets_of(targets, sources, groups[part], sides[::-1])


def _variations(sizes: dict[str, int]) -> list[_Variation]:
    """`LANGUAGES` languages: those of the catalogs, and the largest of them again."""
    by_size = sorted(sizes, key=lambda code: -sizes[code])
    variations = []
    for number, (rotation, catalog) in enumerate(itertools.product(range(3), by_size)):
        private = f"q{chr(97 + number // 26)}{chr(97 + number % 26)}"  # such as qab
        variations.append(_Variation(private if rotation else catalog, catalog, rotation))
    return variations[:LANGUAGES]


def _rotated(text: str, words: int) -> str:
    """The text with its first words at the end."""
    parts = text.split()
    return " ".join(parts[words:] + parts[:words]) if words else text


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        from benchmarks.quickstart import data as quickstart_data

        main(quickstart_data().encoder.path / "model")
