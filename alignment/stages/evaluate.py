"""evaluate: one encoder on all suites of one language, with every query's outcome."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alignment import layout, tables
from alignment.encoder.cache import cached_encoder
from alignment.files import write_json
from alignment.retrieval.measures import PairMeasures, measure_pairs
from alignment.retrieval.outcomes import Outcomes
from alignment.stages.confusions import suite_confusions
from alignment.stages.hard_pool import search_hard_pool
from alignment.store import Store
from alignment.types import Artifact, Counts, Input, SuiteMeasures

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder

REVISION = 4
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SuiteCounts:
    """Right answers on one suite."""

    queries: int
    """Per direction."""
    forward: int
    """Right answers from the pivot to the language."""
    backward: int

    @property
    def accuracy(self) -> float:
        """Accuracy@1, the mean of both directions, in [0, 1]."""
        return (self.forward + self.backward) / (2 * self.queries)


@dataclass(frozen=True)
class EvaluateCounts(Counts):
    """Right answers by suite."""

    suites: dict[str, SuiteCounts] = field(default_factory=dict)

    @classmethod
    def of(cls, artifact: Artifact) -> EvaluateCounts:
        """The counts of an artifact of `evaluate`."""
        suites: Mapping[str, Any] = super().of(artifact).suites
        return cls({name: SuiteCounts(**counts) for name, counts in suites.items()})


def evaluate(
    store: Store,
    language: str,
    holdout: Artifact,
    encoder: Input,
    *,
    hard_pool_pivot: str | None = None,
    trust_remote_code: bool = False,
    development: bool = False,
) -> Artifact:
    """`<suite>.parquet`: one row per query and direction; `confusions.json`: the worst answers.

    `measures.json` has F1, xsim, MRR and the others by suite and direction, and
    `hard/<suite>.parquet` is there if asked for.

    Args:
        store: Where the artifact goes.
        language: What to measure.
        holdout: The suites.
        encoder: A directory, identified by its content: the base encoder, the candidate, or a
            published version.
        hard_pool_pivot: Language of the sources; it asks for the outcomes in the hard pool.
        trust_remote_code: Run Python code that comes with the encoder.
        development: Measure on the development suites in place of those of the gate.
    """
    directory = layout.DEVELOPMENT if development else layout.SUITES
    suites = layout.suites_of(holdout, language, directory)

    def work(out: Path) -> EvaluateCounts:
        model = cached_encoder(encoder.path, trust_remote_code=trust_remote_code)
        counts = EvaluateCounts()
        confusions = {}
        measures = {}
        for name in suites:
            suite = layout.read_suite(holdout.path, name, language, directory)
            # A candidate whose vectors are not finite is refused by the gate, with this reason.
            x = model.encode(suite.source, side="source", check=False)
            y = model.encode(suite.target, side="target", check=False)
            both = measure_pairs(x, y, suite.source, suite.target)
            forward = both.forward_outcomes
            backward = both.backward_outcomes
            measures[name] = _measures_as_json(both)
            rows = _rows(suite.ids, forward, backward)
            tables.write(out / layout.outcomes_file(name), tables.OUTCOMES, rows)
            confusions[name] = suite_confusions(suite, (x, y), (forward, backward))
            if hard_pool_pivot is not None:
                rows = _hard_rows(model, suite, hard_pool_pivot, language)
                tables.write(out / layout.hard_file(name), tables.HARD_OUTCOMES, rows)
            counts.suites[name] = SuiteCounts(
                queries=len(suite.ids),
                forward=int(forward.correct.sum()),
                backward=int(backward.correct.sum()),
            )
            accuracy = 100 * counts.suites[name].accuracy
            logger.info("evaluate %s %s: %.1f%%", language, name, accuracy)
        if suites:
            write_json(out / layout.CONFUSIONS, confusions)
            write_json(out / layout.MEASURES, measures)
        return counts

    hard = {} if hard_pool_pivot is None else {"hard_pool": {"pivot": hard_pool_pivot}}
    kind = "development" if development else "suite"
    inputs = {"encoder": encoder}
    for name in suites:
        inputs[f"{kind}:{name}"] = holdout.input(layout.suite_file(name, language, directory))
    return store.build(
        "evaluate",
        work,
        revision=REVISION,
        config={"language": language, **hard},
        inputs=inputs,
        label=language,
    )


def read_measures(artifact: Artifact) -> dict[str, SuiteMeasures]:
    """What `evaluate` measured, by suite; empty in artifacts of earlier releases."""
    if layout.MEASURES not in artifact.files:
        return {}
    content: dict[str, SuiteMeasures] = json.loads(
        (artifact.path / layout.MEASURES).read_text(encoding="utf-8")
    )
    return content


def _measures_as_json(both: PairMeasures) -> SuiteMeasures:
    return {"forward": both.forward._asdict(), "backward": both.backward._asdict()}


def _rows(ids: list[str], forward: Outcomes, backward: Outcomes) -> Iterator[dict[str, Any]]:
    for direction, outcomes in (("forward", forward), ("backward", backward)):
        for query_id, correct, gold, wrong in zip(ids, *outcomes, strict=True):
            yield {
                "query_id": query_id,
                "direction": direction,
                "correct": bool(correct),
                "similarity": float(gold),
                "best_wrong": float(wrong),
            }


def _hard_rows(
    model: Encoder, suite: layout.Suite, pivot: str, language: str
) -> Iterator[dict[str, Any]]:
    both = search_hard_pool(model, suite.source, suite.target, pivot, language, check=False)
    for direction, outcomes in (("forward", both.forward), ("backward", both.backward)):
        answers = zip(suite.ids, outcomes.correct.tolist(), outcomes.winners, strict=True)
        for query_id, correct, winner in answers:
            yield {
                "query_id": query_id,
                "direction": direction,
                "correct": correct,
                "winner": winner,
            }
