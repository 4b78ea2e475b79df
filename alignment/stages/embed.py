"""embed: vectors of the distinct sentences of one language's pairs, on both sides."""

from __future__ import annotations

import collections
import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.arrays import save_array
from alignment.context import RunContext
from alignment.encoder.cache import cached_encoder
from alignment.files import file_digest, write_json
from alignment.text import parse_json
from alignment.types import Artifact, Counts
from alignment.vectors import SHARD_ROWS, distinct_texts, shard_name, write_shard

if TYPE_CHECKING:
    from alignment.encoder.device import Precision
    from alignment.encoder.encoder import Encoder
    from alignment.encoder.prompts import Side

REVISION = 1
WINDOW = 16_384
"""Texts that are encoded together, in batches of similar length; a shard has whole windows."""
TEXTS_READ = 200
"""Of a language, to see whether the tokenizer knows it."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EmbedCounts(Counts):
    """Pairs of one language, and the distinct sentences of each side that have a vector."""

    pairs: int
    sources: int
    targets: int
    dim: int


class _Files(NamedTuple):
    """Where the vectors of one side are."""

    side: Side
    vectors: str
    rows: str


_FILES = (
    _Files("source", layout.SOURCE_VECTORS, layout.SOURCE_ROWS),
    _Files("target", layout.TARGET_VECTORS, layout.TARGET_ROWS),
)


def embed(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    encoder: Artifact,
    precision: Precision,
) -> Artifact:
    """`source/`, `target/` and the sentence numbers of the pairs: `vectors.pair_vectors` reads it.

    Each language is embedded on its own, so that a new language costs only its own sentences. A
    killed run goes on after the last complete shard.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its artifact of `clean`.
        encoder: An artifact that has the encoder: the base encoder, or a trained one.
        precision: Of the encoder.

    Raises:
        DataError: if the encoder cannot read the language.
        Corrupt: if the encoder gives NaN or infinite vectors.
    """
    pairs = cleaned.path / layout.PAIRS

    def work(out: Path) -> EmbedCounts:
        model = cached_encoder(
            encoder.path / layout.MODEL, precision, trust_remote_code=context.trust_remote_code
        )
        _check_reads(model, pairs, language)
        unfinished = context.store.scratch(out.name)
        sentences: dict[Side, int] = {}
        for files in _FILES:
            numbered = distinct_texts(_texts(pairs, files.side))
            save_array(out / files.rows, numbered.rows)
            directory = unfinished / files.vectors
            _write_vectors(model, pairs, files.side, numbered.firsts, directory)
            sentences[files.side] = len(numbered.firsts)
        for files in _FILES:
            os.replace(unfinished / files.vectors, out / files.vectors)
        logger.info("embed %s: distinct sentences: %s", language, sentences)
        return EmbedCounts(
            pairs=tables.count_rows(pairs),
            sources=sentences["source"],
            targets=sentences["target"],
            dim=model.dim,
        )

    return context.store.build(
        "embed",
        work,
        revision=REVISION,
        config={"language": language, "pivot": context.pivot, "precision": precision},
        inputs={
            "clean": cleaned.input(layout.PAIRS),
            "encoder": encoder.directory(layout.MODEL),
        },
        label=language,
    )


def _check_reads(encoder: Encoder, pairs: Path, language: str) -> None:
    from alignment.encoder.vocabulary_check import check_reads  # transformers

    step = max(1, tables.count_rows(pairs) // TEXTS_READ)
    texts = itertools.chain.from_iterable(_texts(pairs, "target"))
    check_reads(encoder, list(itertools.islice(texts, 0, None, step)), language, "target")


def _texts(pairs: Path, side: Side) -> Iterator[list[str]]:
    """One side of the pairs, a batch at a time."""
    for batch in tables.batches(pairs, [side]):
        yield batch[side].to_pylist()


def _write_vectors(
    encoder: Encoder, pairs: Path, side: Side, firsts: NDArray[np.int64], directory: Path
) -> None:
    """The vectors of the texts in the rows `firsts`, as shards; complete ones are kept.

    A killed run may have left them days ago, so their bytes are compared.
    """
    directory.mkdir(exist_ok=True)
    for path in directory.glob(".*"):  # half a shard of a killed process
        path.unlink()
    known = _read_digests(directory)
    texts = _texts_in(pairs, side, firsts)
    for number, first in enumerate(range(0, len(firsts), SHARD_ROWS)):
        in_shard = itertools.islice(texts, SHARD_ROWS)
        path = directory / shard_name(number)
        rows = min(SHARD_ROWS, len(firsts) - first)
        if path.is_file() and file_digest(path) == known.get(path.name):
            collections.deque(in_shard, maxlen=0)  # skips its texts
            continue
        write_shard(path, _encoded(encoder, in_shard, side), rows, encoder.dim)
        known[path.name] = file_digest(path)
        write_json(_digests(directory), known)
        logger.info("embed: %d of %d %s sentences", first + rows, len(firsts), side)


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


def _texts_in(pairs: Path, side: Side, rows: NDArray[np.int64]) -> Iterator[str]:
    """The texts of one side in these rows, which ascend."""
    first = 0
    for batch in tables.batches(pairs, [side]):
        start, stop = np.searchsorted(rows, [first, first + len(batch)])
        yield from batch[side].take(rows[start:stop] - first).to_pylist()
        first += len(batch)


def _encoded(encoder: Encoder, texts: Iterator[str], side: Side) -> Iterator[NDArray[np.float32]]:
    while window := list(itertools.islice(texts, WINDOW)):
        yield encoder.encode(window, side=side)
