"""clean: the training pairs of one language, and the ledger of what was dropped and why."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alignment import tables
from alignment.cleaning import columns
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import CleanRules
from alignment.cleaning.clean import clean as clean_rows
from alignment.cleaning.langid import load_identifier
from alignment.cleaning.ledger import KEPT, REASONS, Ledger
from alignment.cleaning.scores import expected_ratio
from alignment.config import Clean
from alignment.errors import EmptyCorpus
from alignment.files import file_digest, write_json
from alignment.store import Store
from alignment.types import Artifact, Input
from alignment.workers import processors

REVISION = 3
PARALLEL_FROM = 100_000  # pairs: below, threads cost more than they bring
RATIO_SAMPLE = (
    50_000  # pairs that the usual ratio of lengths is learned from, spread over the corpus
)
logger = logging.getLogger(__name__)


def clean(
    store: Store,
    language: str,
    pulled: Artifact,
    holdout: Artifact,
    limits: Clean,
    *,
    share: float,
    seed: int,
    pivot: str,
) -> Artifact:
    """`pairs.parquet`, `ledger.json`, and `rejects.parquet` if asked for.

    Raises:
        EmptyCorpus: if nothing is left, with what was dropped for which reason.
    """
    blocked_file = f"blocked/{language}.parquet"

    def work(out: Path) -> dict[str, int]:
        pairs = pulled.path / "pairs.parquet"
        (blocked,) = tables.read_columns(holdout.path / blocked_file, "hash")
        context = context_of(pairs, limits, pivot, language)
        ledger, rejects = (
            Ledger(),
            _Rejects(out / "rejects.parquet") if limits.keep_rejects else None,
        )
        rules = CleanRules(
            limits,
            context,
            held_out_share=share,
            seed=seed,
            blocked=np.array(blocked, dtype=np.int64),
        )
        rows = clean_rows(
            tables.row_groups(pairs),
            rules,
            ledger,
            scratch=out,
            workers=processors() if pulled.counts["pairs"] >= PARALLEL_FROM else 1,
            on_batch=rejects.add if rejects else None,
        )
        tables.write_batches(out / "pairs.parquet", tables.PAIRS, rows)
        if rejects:
            rejects.close()
        for spilled in out.glob("*.u64"):
            spilled.unlink()
        report = ledger.report()
        if report.kept == 0:
            reasons = ", ".join(f"{reason} {count}" for reason, count in report.dropped.items())
            raise EmptyCorpus(
                f"none of the {report.seen} pairs is left after cleaning",
                where=f"languages.{language}",
                hint=f"Dropped: {reasons}. Loosen clean.*, or add a corpus for this language.",
            )
        unjudged = [
            code
            for code in (pivot, language)
            if context.identifier and not context.identifier.knows(code)
        ]
        write_json(
            out / "ledger.json",
            {
                "seen": report.seen,
                "kept": report.kept,
                "dropped": dict(report.dropped),
                "expected_ratio": round(context.expected_ratio, 4),
                "language_not_judged": unjudged,
            },
        )
        logger.info("clean %s: kept %d of %d", language, report.kept, report.seen)
        return {
            "seen": report.seen,
            "kept": report.kept,
            **{f"dropped:{k}": v for k, v in report.dropped.items()},
        }

    given = {"pull": pulled.input(), "blocked": holdout.input(blocked_file)}
    if limits.language_model is not None and limits.max_other_language is not None:
        given["language_model"] = Input(file_digest(limits.language_model), limits.language_model)
    config = {"language": language, "pivot": pivot, "share": share}
    config["limits"] = limits.model_dump(mode="json", exclude={"language_model"})
    return store.build(
        "clean", work, revision=REVISION, config=config, inputs=given, label=language, seed=seed
    )


def context_of(pairs: Path, limits: Clean, pivot: str, language: str) -> Context:
    """What the filters need to know of the corpus as a whole."""
    identifier = (
        load_identifier(limits.language_model) if limits.max_other_language is not None else None
    )
    sampled = [
        [
            columns.normalized(columns.from_arrow(batch.column(side)))
            for side in ("source", "target")
        ]
        for batch in _spread(pairs)
    ]
    ratio = expected_ratio([pair[0] for pair in sampled], [pair[1] for pair in sampled])
    return Context(pivot, language, ratio, identifier)


def _spread(pairs: Path) -> Iterator[pa.RecordBatch]:
    """Rows from the whole of a file: of every row group the first ones."""
    with pq.ParquetFile(pairs) as file:
        each = max(1, RATIO_SAMPLE // max(1, file.num_row_groups))
        for number in range(file.num_row_groups):
            yield from (
                file.read_row_group(number, columns=["source", "target"])
                .slice(0, each)
                .to_batches()
            )


class _Rejects:
    """Writes dropped rows with their reason."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, tables.REJECTS, compression="zstd")

    def add(self, rows: pa.RecordBatch, reasons: np.ndarray) -> None:
        dropped = reasons != KEPT
        names = pa.array([REASONS[number] for number in reasons[dropped]], pa.string())
        columns = rows.filter(pa.array(dropped)).columns
        self._writer.write_batch(
            pa.RecordBatch.from_arrays([*columns, names], schema=tables.REJECTS)
        )

    def close(self) -> None:
        self._writer.close()
