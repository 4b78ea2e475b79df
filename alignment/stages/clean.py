"""clean: the training pairs of one language, and the ledger of what was dropped and why."""

from __future__ import annotations

import logging
from pathlib import Path

from alignment import tables
from alignment.cleaning.clean import Ledger
from alignment.cleaning.clean import clean as clean_rows
from alignment.config import Clean
from alignment.errors import EmptyCorpus
from alignment.store import Store, write_json
from alignment.types import Artifact

REVISION = 1
logger = logging.getLogger(__name__)


def clean(
    store: Store, language: str, pulled: Artifact, holdout: Artifact, limits: Clean, *, share: float, seed: int
) -> Artifact:
    """`pairs.parquet` and `ledger.json`.

    Raises:
        EmptyCorpus: if nothing is left, with what was dropped for which reason.
    """
    blocked_file = f"blocked/{language}.parquet"

    def work(out: Path) -> dict[str, int]:
        (hashes,) = tables.read_columns(holdout.path / blocked_file, "hash")
        ledger = Ledger()
        rows = clean_rows(
            tables.read(pulled.path / "pairs.parquet"), limits, ledger, share=share, seed=seed, blocked=frozenset(hashes)
        )
        tables.write(out / "pairs.parquet", tables.PAIRS, rows)
        report = ledger.report()
        if report.kept == 0:
            reasons = ", ".join(f"{reason} {count}" for reason, count in report.dropped.items())
            raise EmptyCorpus(
                f"none of the {report.seen} pairs is left after cleaning", where=f"languages.{language}",
                hint=f"Dropped: {reasons}. Loosen clean.*, or add a corpus for this language.",
            )  # fmt: skip
        write_json(out / "ledger.json", {"seen": report.seen, "kept": report.kept, "dropped": dict(report.dropped)})
        logger.info("clean %s: kept %d of %d", language, report.kept, report.seen)
        return {"seen": report.seen, "kept": report.kept, **{f"dropped:{k}": v for k, v in report.dropped.items()}}

    given = {"pull": pulled.input(), "blocked": holdout.input(blocked_file)}
    config = {"limits": limits.model_dump(), "share": share}
    return store.build("clean", work, revision=REVISION, config=config, inputs=given, label=language, seed=seed)
