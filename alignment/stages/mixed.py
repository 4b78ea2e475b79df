"""mixed: one encoder on one pool of all languages' texts, suite by suite."""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from alignment import layout, tables
from alignment.encoder.cache import cached_encoder
from alignment.files import write_json
from alignment.retrieval.mixed import (
    MixedOutcomes,
    MixedPool,
    MixedResult,
    mixed_outcomes,
    summarize,
)
from alignment.retrieval.pool import Pool, pool_of
from alignment.store import Store
from alignment.types import Artifact, Counts, Input

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

REVISION = 1
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MixedCounts(Counts):
    """Queries of all languages by suite, and the right ones."""

    queries: dict[str, int] = field(default_factory=dict)
    correct: dict[str, int] = field(default_factory=dict)


class _Texts(NamedTuple):
    """The pairs of one language on one suite."""

    language: str
    sources: list[str]
    targets: list[str]


def mixed(
    store: Store,
    languages: Sequence[str],
    holdout: Artifact,
    encoder: Input,
    *,
    pivot: str,
    trust_remote_code: bool = False,
) -> Artifact:
    """`<suite>.parquet`: one row per query of every language, the pivot's included; `mixed.json`.

    Args:
        store: Where the artifact goes.
        languages: Whose texts are in the pool.
        holdout: The suites.
        encoder: A directory, identified by its content.
        pivot: Language of the sources.
        trust_remote_code: Run Python code that comes with the encoder.
    """
    by_suite: dict[str, list[str]] = {}
    for language in languages:
        for suite in layout.suites_of(holdout, language):
            by_suite.setdefault(suite, []).append(language)

    def work(out: Path) -> MixedCounts:
        model = cached_encoder(encoder.path, trust_remote_code=trust_remote_code)
        counts = MixedCounts()
        summary = {}
        for suite, codes in by_suite.items():
            texts = []
            for code in codes:
                pairs = layout.read_suite(holdout.path, suite, code)
                texts.append(_Texts(code, pairs.source, pairs.target))
            pool = pool_of(texts, pivot)
            searched = encoded_pool(model, pool, pivot, check=False)
            outcomes = {code: mixed_outcomes(searched, code) for code in [pivot, *codes]}
            results = [summarize(searched, code, each) for code, each in outcomes.items()]
            summary[suite] = {result.language: _as_json(result) for result in results}
            rows = list(_rows(pool, outcomes))
            tables.write(out / layout.outcomes_file(suite), tables.MIXED_OUTCOMES, rows)
            counts.queries[suite] = len(rows)
            counts.correct[suite] = sum(row["correct"] for row in rows)
            logger.info("mixed %s: %d of %d", suite, counts.correct[suite], len(rows))
        write_json(out / layout.MIXED, summary)
        return counts

    inputs = {"encoder": encoder}
    for suite, codes in by_suite.items():
        for code in codes:
            inputs[f"suite:{suite}:{code}"] = holdout.input(layout.suite_file(suite, code))
    config = {"languages": list(languages), "pivot": pivot}
    return store.build("mixed", work, revision=REVISION, config=config, inputs=inputs)


def encoded_pool(encoder: Encoder, pool: Pool, pivot: str, *, check: bool = True) -> MixedPool:
    """The pool with its vectors; texts of the pivot are encoded as sources, others as targets."""
    of_pivot = sum(language == pivot for language in pool.languages)
    sources = encoder.encode(pool.texts[:of_pivot], side="source", check=check)
    targets = encoder.encode(pool.texts[of_pivot:], side="target", check=check)
    return MixedPool(np.concatenate([sources, targets]), pool.meanings, pool.languages)


def read_mixed(artifact: Artifact) -> dict[str, dict[str, dict[str, Any]]]:
    """The fields of `MixedResult` by suite and language; null for NaN."""
    content: dict[str, dict[str, dict[str, Any]]] = json.loads(
        (artifact.path / layout.MIXED).read_text(encoding="utf-8")
    )
    return content


def _as_json(result: MixedResult) -> dict[str, Any]:
    fields = result._asdict()
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in fields.items()
    }


def _rows(pool: Pool, outcomes: Mapping[str, MixedOutcomes]) -> Iterator[dict[str, Any]]:
    for language, of_language in outcomes.items():
        columns = [column.tolist() for column in of_language]
        for row, correct, recalled, own_language in zip(*columns, strict=True):
            yield {
                "language": language,
                "query_id": _identity(pool.texts[row]),
                "correct": correct,
                "recalled": recalled,
                "own_language": own_language,
            }


def _identity(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
