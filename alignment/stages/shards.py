"""Numbers the distinct sentences of a language, and encodes them shard by shard.

The bytes of a shard depend on its sentences alone, whichever process writes it.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.files import file_digest, write_json
from alignment.text import parse_json
from alignment.vectors import SHARD_ROWS, DistinctTexts, distinct_texts, shard_name, write_shard

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.encoder.prompts import Side

REVISION = 1
"""Of `embed`, and of `sentences` and `embed_part`, from which it may take its results."""
WINDOW = 16_384
"""Texts that are encoded together, in batches of similar length; a shard has whole windows."""
TEXTS_READ = 200
"""Of a language, to see whether the tokenizer knows it."""
logger = logging.getLogger(__name__)


class SideFiles(NamedTuple):
    """Names of the files of one side."""

    side: Side
    vectors: str
    rows: str
    firsts: str


SIDES = (
    SideFiles("source", layout.SOURCE_VECTORS, layout.SOURCE_ROWS, layout.SOURCE_FIRSTS),
    SideFiles("target", layout.TARGET_VECTORS, layout.TARGET_ROWS, layout.TARGET_FIRSTS),
)


def number_sentences(pairs: Path, side: Side) -> DistinctTexts:
    """The distinct sentences of one side of a table of pairs."""
    return distinct_texts(_texts(pairs, side))


def check_reads(encoder: Encoder, pairs: Path, language: str) -> None:
    """Check on a sample of the targets that the encoder's tokenizer knows the language.

    Raises:
        DataError: if not.
    """
    from alignment.encoder import vocabulary_check  # transformers

    rows = tables.count_rows(pairs)
    sample = np.arange(0, rows, max(1, rows // TEXTS_READ))
    vocabulary_check.check_reads(
        encoder, list(texts_in(pairs, "target", sample)), language, "target"
    )


def write_vectors(
    encoder: Encoder,
    pairs: Path,
    side: Side,
    firsts: NDArray[np.int64],
    directory: Path,
    shards: range | None = None,
) -> int:
    """Write the vectors of the texts in the rows `firsts`, as shards; complete ones are kept.

    Returns the number of vectors in these shards.

    A killed run may have left them days ago, so their bytes are compared.

    Args:
        encoder: The encoder.
        pairs: The table.
        side: Which column has the texts.
        firsts: Rows of the distinct texts, ascending.
        directory: Where the shards go.
        shards: Numbers of the shards to write; None: all of them.
    """
    directory.mkdir(exist_ok=True)
    for path in directory.glob(".*"):  # half a shard of a killed process
        path.unlink()
    known = _read_digests(directory)
    # Vectors of earlier texts would save nothing here, and their batches would differ.
    cache = is_one_shard(tables.count_rows(pairs))
    vectors = 0
    for number in range(shard_count(len(firsts))) if shards is None else shards:
        path = directory / shard_name(number)
        rows = firsts[number * SHARD_ROWS : (number + 1) * SHARD_ROWS]
        vectors += len(rows)
        if path.is_file() and file_digest(path) == known.get(path.name):
            continue
        texts = texts_in(pairs, side, rows)
        write_shard(path, _encoded(encoder, texts, side, cache=cache), len(rows), encoder.dim)
        known[path.name] = file_digest(path)
        write_json(_digests(directory), known)
        done = number * SHARD_ROWS + len(rows)
        logger.info("embed: %d of %d %s sentences", done, len(firsts), side)
    return vectors


def is_one_shard(pairs: int) -> bool:
    """Whether the vectors of each side of this many pairs fit into one shard."""
    return pairs <= SHARD_ROWS


def shard_count(sentences: int) -> int:
    """Number of shards of one side."""
    return -(-sentences // SHARD_ROWS)


def texts_in(pairs: Path, side: Side, rows: NDArray[np.int64]) -> Iterator[str]:
    """The texts of one side in these rows, which ascend."""
    for batch in tables.batches_of_rows(pairs, rows, [side]):
        yield from batch[side].to_pylist()


def _texts(pairs: Path, side: Side) -> Iterator[list[str]]:
    """One side of the pairs, a batch at a time."""
    for batch in tables.batches(pairs, [side]):
        yield batch[side].to_pylist()


def _encoded(
    encoder: Encoder, texts: Iterator[str], side: Side, *, cache: bool
) -> Iterator[NDArray[np.float32]]:
    while window := list(itertools.islice(texts, WINDOW)):
        yield encoder.encode(window, side=side, cache=cache)


def _digests(directory: Path) -> Path:
    """sha256 of the complete shards, next to their directory."""
    return directory.with_name(f"{directory.name}.json")


def _read_digests(directory: Path) -> dict[str, str]:
    """Nothing if the file is damaged: the shards are then encoded again."""
    try:
        digests = parse_json(_digests(directory).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return digests if isinstance(digests, dict) else {}
