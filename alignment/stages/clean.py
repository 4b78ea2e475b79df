"""clean: the training pairs of one language, and how many rows were dropped for which reason."""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alignment import layout, tables
from alignment.cleaning.batch import Context
from alignment.cleaning.clean import CleanRules
from alignment.cleaning.clean import clean as clean_rows
from alignment.cleaning.corpus_context import corpus_context, workers_for
from alignment.cleaning.ledger import Ledger
from alignment.cleaning.rejects import RejectsWriter
from alignment.config import Clean
from alignment.config.cleaning import NOT_CONTENT
from alignment.context import RunContext
from alignment.errors import EmptyCorpus
from alignment.files import file_digest, write_json
from alignment.types import Artifact, Counts, FilterReport, Input

REVISION = 7
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CleanCounts(Counts):
    """Rows of one language; `kept + sum(dropped) == seen`."""

    seen: int
    kept: int
    dropped: dict[str, int]
    """By reason, in the order of the steps."""


def clean(
    context: RunContext,
    language: str,
    pulled: Artifact,
    holdout: Artifact,
    limits: Clean,
    *,
    share: float,
) -> Artifact:
    """`pairs.parquet`, `ledger.json`, and `rejects.parquet` if it is asked for.

    Args:
        context: What the stages of a run share.
        language: The language whose pairs are cleaned.
        pulled: Its artifact of `pull`.
        holdout: The artifact of `holdout`, which says what is in a suite.
        limits: The filters and their thresholds.
        share: Share of the pivot sentences that is held out.

    Raises:
        EmptyCorpus: if no row is left, with the number of rows dropped for each reason.
    """
    blocked_file = layout.blocked_file(language)

    def work(out: Path) -> CleanCounts:
        pairs = pulled.path / layout.PAIRS
        corpus = corpus_context(pairs, limits, context.pivot, language)
        (blocked,) = tables.read_columns(holdout.path / blocked_file, "hash")
        rules = CleanRules(
            limits,
            corpus,
            held_out_share=share,
            seed=context.seed,
            blocked=np.array(blocked, dtype=np.int64),
        )
        ledger = Ledger()
        with contextlib.ExitStack() as stack:
            rejects = None
            if limits.keep_rejects:
                rejects = stack.enter_context(RejectsWriter(out / layout.REJECTS)).add
            rows = clean_rows(
                tables.row_groups(pairs),
                rules,
                ledger,
                scratch=out,
                workers=workers_for(tables.count_rows(pairs)),
                on_batch=rejects,
            )
            tables.write_batches(out / layout.PAIRS, tables.PAIRS, rows)
        for spilled in out.glob("*.u64"):
            spilled.unlink()
        report = ledger.report()
        _check_not_empty(report, language)
        skipped = json.loads((pulled.path / layout.SKIPPED).read_text())
        _write_ledger(out / layout.LEDGER, report, corpus, skipped)
        logger.info("clean %s: kept %d of %d", language, report.kept, report.seen)
        return CleanCounts(report.seen, report.kept, dict(report.dropped))

    inputs = {"pull": pulled.input(), "blocked": holdout.input(blocked_file)}
    if limits.language_model is not None and limits.max_other_language is not None:
        inputs["language_model"] = Input(file_digest(limits.language_model), limits.language_model)
    return context.store.build(
        "clean",
        work,
        revision=REVISION,
        config={
            "language": language,
            "pivot": context.pivot,
            "share": share,
            "limits": limits.model_dump(mode="json", exclude=set(NOT_CONTENT)),
        },
        inputs=inputs,
        label=language,
        seed=context.seed,
    )


def _check_not_empty(report: FilterReport, language: str) -> None:
    if report.kept > 0:
        return
    reasons = ", ".join(f"{reason} {count}" for reason, count in report.dropped.items())
    raise EmptyCorpus(
        f"none of the {report.seen} pairs is left after cleaning",
        where=f"languages.{language}",
        hint=f"Dropped: {reasons}. Loosen clean.*, or add a corpus for this language.",
    )


def _write_ledger(
    path: Path, report: FilterReport, corpus: Context, skipped: dict[str, dict[str, int]]
) -> None:
    not_judged = []
    if corpus.identifier is not None:
        for code in (corpus.source_lang, corpus.target_lang):
            if not corpus.identifier.knows(code):
                not_judged.append(code)
    ledger = {
        "seen": report.seen,
        "kept": report.kept,
        "dropped": dict(report.dropped),
        "skipped_by_reader": skipped,
        "expected_ratio": round(corpus.expected_ratio, 4),
        "language_not_judged": not_judged,
    }
    write_json(path, ledger)
