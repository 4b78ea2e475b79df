"""evaluate: accuracy@1 of one encoder on all suites of one language, every query's outcome kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alignment import tables
from alignment.encoder.cache import cached_encoder
from alignment.retrieval.metrics import Outcomes, retrieve
from alignment.stages.holdout import suites_of
from alignment.store import Store
from alignment.types import Artifact, Input

REVISION = 1
logger = logging.getLogger(__name__)


def evaluate(store: Store, language: str, holdout: Artifact, encoder: Input) -> Artifact:
    """`<suite>.parquet`: one row per query and direction.

    `encoder` is an encoder directory by content: the base, the candidate or a published version.
    """
    suites = suites_of(holdout, language)

    def work(out: Path) -> dict[str, int]:
        model = cached_encoder(encoder.path)
        counts: dict[str, int] = {}
        for suite in suites:
            path = holdout.path / "suites" / suite / f"{language}.parquet"
            ids, source, target = tables.read_columns(path, "pair_id", "source", "target")
            x, y = model.encode(source), model.encode(target)
            forward, backward = retrieve(x, y, target), retrieve(y, x, source)
            tables.write(out / f"{suite}.parquet", tables.OUTCOMES, _rows(ids, forward, backward))
            counts |= {
                f"{suite}:n": len(ids),
                f"{suite}:forward": int(forward.correct.sum()),
                f"{suite}:backward": int(backward.correct.sum()),
            }
            logger.info(
                "evaluate %s %s: %.1f %%",
                language,
                suite,
                50 * (forward.correct.mean() + backward.correct.mean()),
            )
        return counts

    given = {f"suite:{name}": holdout.input(f"suites/{name}/{language}.parquet") for name in suites}
    given["encoder"] = encoder
    return store.build(
        "evaluate",
        work,
        revision=REVISION,
        config={"language": language},
        inputs=given,
        label=language,
    )


def _rows(ids: list[str], forward: Outcomes, backward: Outcomes) -> Iterator[dict[str, Any]]:
    for direction, outcomes in (("forward", forward), ("backward", backward)):
        for identity, correct, gold, wrong in zip(ids, *outcomes, strict=True):
            yield {
                "query_id": identity,
                "direction": direction,
                "correct": bool(correct),
                "similarity": float(gold),
                "best_wrong": float(wrong),
            }
