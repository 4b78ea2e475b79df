"""semantic: drops the pairs of one language that are not translations, by their vectors."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alignment import layout, tables
from alignment.arrays import save_array
from alignment.checks.pair_scores import PoolVectors
from alignment.checks.semantic import Judgement, Threshold, judge
from alignment.cleaning.ledger import KEPT, NOT_A_TRANSLATION, REASON_NUMBERS
from alignment.cleaning.rejects import RejectsWriter
from alignment.context import RunContext
from alignment.errors import Corrupt, EmptyCorpus
from alignment.files import write_json
from alignment.retrieval.margins import neighbor_means
from alignment.triplets.negatives import identity_hashes
from alignment.triplets.pools import pool_count, pool_numbers
from alignment.types import Artifact, Counts, FilterReport
from alignment.vectors import PairVectors, pair_vectors

REVISION = 2
POOL = 8_192
"""Pairs that are compared with each other, at most: the cost of a pair grows with it."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SemanticCounts(Counts):
    """Rows of one language from `pull` on; `kept + sum(dropped) == seen`."""

    seen: int
    kept: int
    dropped: dict[str, int]
    """By reason, those of `clean` first."""


def semantic(
    context: RunContext,
    language: str,
    cleaned: Artifact,
    embedded: Artifact,
    threshold: Threshold,
    *,
    keep_rejects: bool = False,
) -> Artifact:
    """`pairs.parquet` of the kept pairs, `kept.npy`, `scores.npy`, the ledger and `semantic.json`.

    Args:
        context: What the stages of a run share.
        language: The language of the targets.
        cleaned: Its artifact of `clean`.
        embedded: Its artifact of `embed`.
        threshold: How pairs are dropped, as in `clean.semantic`.
        keep_rejects: Whether the dropped pairs are written to `rejects.parquet`.

    Raises:
        EmptyCorpus: if no pair is left.
        Corrupt: if the vectors are damaged or those of other pairs.
    """

    def work(out: Path) -> SemanticCounts:
        path = cleaned.path / layout.PAIRS
        columns = _Columns.read(path, context.seed)
        vectors = _vectors(embedded, columns)
        judgement = judge(len(columns.hashes), columns.pools(vectors), threshold)
        kept = judgement.kept
        if not kept.any():
            raise _nothing_left(judgement, language)
        save_array(out / layout.SCORES, judgement.scores)
        save_array(out / layout.KEPT, np.flatnonzero(kept))
        write_json(out / layout.SEMANTIC, judgement.summary())
        tables.write_batches(
            out / layout.PAIRS,
            tables.SCORED_PAIRS,
            _kept_pairs(path, judgement, out / layout.REJECTS if keep_rejects else None),
        )
        report = _write_ledger(cleaned.path / layout.LEDGER, out / layout.LEDGER, judgement)
        logger.info("semantic %s: %s", language, judgement.explanation())
        return SemanticCounts(report.seen, report.kept, dict(report.dropped))

    return context.store.build(
        "semantic",
        work,
        revision=REVISION,
        config={"language": language, "threshold": threshold, "keep_rejects": keep_rejects},
        inputs={"clean": cleaned.input(), "embed": embedded.input()},
        label=language,
        seed=context.seed,
    )


def read_semantic(artifact: Artifact) -> dict[str, Any]:
    """What an artifact of `semantic` learned and dropped."""
    summary: dict[str, Any] = json.loads((artifact.path / layout.SEMANTIC).read_text())
    return summary


class _Columns(NamedTuple):
    """What is needed of all pairs besides their vectors."""

    hashes: NDArray[np.uint64]
    """Of the identity of each pair and the seed (n,)."""
    source_chars: NDArray[np.int32]
    target_chars: NDArray[np.int32]

    @classmethod
    def read(cls, path: Path, seed: int) -> _Columns:
        hashes = [np.zeros(0, np.uint64)]
        source = [np.zeros(0, np.int32)]
        target = [np.zeros(0, np.int32)]
        for batch in tables.batches(path, ["pair_id", "source", "target"]):
            hashes.append(identity_hashes(batch["pair_id"].to_pylist(), seed))
            source.append(pc.utf8_length(batch["source"]).to_numpy())
            target.append(pc.utf8_length(batch["target"]).to_numpy())
        return cls(np.concatenate(hashes), np.concatenate(source), np.concatenate(target))

    def pools(self, vectors: PairVectors) -> Iterator[tuple[NDArray[np.int64], PoolVectors]]:
        """The rows of each pool, sorted by hash, and their vectors."""
        n = len(self.hashes)
        numbers = pool_numbers(self.hashes, POOL)
        for number in range(pool_count(n, POOL)):
            rows = np.flatnonzero(numbers == number)
            rows = rows[np.argsort(self.hashes[rows], kind="stable")]
            yield rows, self._pool(rows, vectors)

    def _pool(self, rows: NDArray[np.int64], vectors: PairVectors) -> PoolVectors:
        from alignment.encoder.device import fastest_device  # loads torch

        source = vectors.sources(rows)
        target = vectors.targets(rows)
        source_texts = vectors.source_rows[rows]
        target_texts = vectors.target_rows[rows]
        return PoolVectors(
            source,
            target,
            neighbor_means(source, target, target_texts, device=fastest_device()),
            neighbor_means(target, source, source_texts, device=fastest_device()),
            source_texts,
            target_texts,
            self.source_chars[rows],
            self.target_chars[rows],
        )


def _vectors(embedded: Artifact, columns: _Columns) -> PairVectors:
    vectors = pair_vectors(embedded)
    if len(vectors) != len(columns.hashes):
        raise Corrupt(
            f"got vectors of {len(vectors):,} pairs, expected {len(columns.hashes):,}",
            where=str(embedded.path),
            hint="They are those of other pairs. Delete this directory and run again.",
        )
    return vectors


def _nothing_left(judgement: Judgement, language: str) -> EmptyCorpus:
    return EmptyCorpus(
        f"none of the {len(judgement.scores):,} pairs has a score of {judgement.threshold:g} "
        f"or more; the highest is {judgement.scores.max(initial=0):.3g}",
        where=f"languages.{language}",
        hint="Set clean.semantic to learned, or to a lower ratio margin.",
    )


def _kept_pairs(path: Path, judgement: Judgement, rejects: Path | None) -> Iterator[pa.RecordBatch]:
    """The kept pairs with their scores; the others go to the file `rejects`."""
    kept = judgement.kept
    first = 0
    with contextlib.ExitStack() as stack:
        writer = None if rejects is None else stack.enter_context(RejectsWriter(rejects))
        for batch in tables.batches(path):
            rows = slice(first, first + len(batch))
            first += len(batch)
            if writer is not None:
                reasons = np.where(kept[rows], KEPT, REASON_NUMBERS[NOT_A_TRANSLATION])
                writer.add(batch, reasons)
            scores = [judgement.scores[rows], judgement.probabilities[rows]]
            columns = [*batch.columns, *map(pa.array, scores)]
            scored = pa.RecordBatch.from_arrays(columns, schema=tables.SCORED_PAIRS)
            yield scored.filter(pa.array(kept[rows]))


def _write_ledger(cleaned: Path, path: Path, judgement: Judgement) -> FilterReport:
    """The ledger of `clean` with the pairs that were dropped here."""
    ledger = json.loads(cleaned.read_text())
    dropped = dict(ledger["dropped"])
    refused = int((~judgement.kept).sum())
    if refused:
        dropped[NOT_A_TRANSLATION] = refused
    report = FilterReport(ledger["seen"], ledger["kept"] - refused, dropped)
    outcome = {"outcome": judgement.outcome, "explanation": judgement.explanation()}
    ledger |= {"kept": report.kept, "dropped": dropped, "semantic": outcome}
    write_json(path, ledger)
    return report
