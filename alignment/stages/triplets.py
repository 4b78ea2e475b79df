"""triplets: meaning groups over all languages, then a mismatched translation for every pair."""

from __future__ import annotations

import itertools
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from alignment import layout, tables
from alignment.cleaning import columns
from alignment.cleaning.leaks import LabeledSuites, leaking_rows, read_suites
from alignment.cleaning.sentences import sentence_hashes
from alignment.config import PrebuiltTripletsCorpus, Triplets
from alignment.context import RunContext
from alignment.corpora import tabular
from alignment.errors import EmptyCorpus
from alignment.files import file_digest, write_json
from alignment.triplets.build import CorpusUsage
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.parts import (
    Part,
    PartBuilder,
    TripletAudit,
    build_parts,
    group_lookup,
    split_into_parts,
)
from alignment.triplets.prebuilt import (
    GuardedTriplets,
    PrebuiltTriplet,
    guard_prebuilt,
    read_prebuilt,
)
from alignment.triplets.spilled_pairs import spill_pairs
from alignment.triplets.weights import PairWeights
from alignment.types import Artifact, Counts, Input

REVISION = 8
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TripletsCounts(Counts):
    """Triplets of both directions, mined ones by language and prebuilt ones by corpus."""

    triplets: int
    triplets_by_language: dict[str, int]
    prebuilt: dict[str, int] = field(default_factory=dict)


def triplets(
    context: RunContext,
    cleaned: Mapping[str, Artifact],
    mined: Mapping[str, Artifact],
    settings: Mapping[str, Triplets],
    *,
    uses: Mapping[str, CorpusUsage],
    margin: float,
    prebuilt: Sequence[PrebuiltTripletsCorpus] = (),
    holdout: Artifact | None = None,
    weight_by_score: bool = False,
) -> Artifact:
    """`triplets.parquet` and `audit.json`.

    All languages are built together, because two sentences can have the same meaning through a
    third language. The expensive part, mining candidates, is done per language before.

    Args:
        context: What the stages of a run share.
        cleaned: The artifacts of `clean` by language.
        mined: The artifacts of `mine` by language.
        settings: Strategies and guards by language.
        uses: Weight and direction by corpus, where they differ from the default.
        margin: The margin of the loss, by which negatives are called easy, semi-hard or hard.
        prebuilt: Corpora of triplets that are added to the mined ones.
        holdout: The evaluation suites, whose sentences are kept out of the prebuilt triplets.
        weight_by_score: Multiply the weight of a triplet by the probability that its pair is a
            translation, where `semantic` measured it.

    Raises:
        EmptyCorpus: if not a single triplet can be built.
    """
    pivot = context.pivot

    def work(out: Path) -> TripletsCounts:
        with tempfile.TemporaryDirectory(dir=out, prefix=".") as directory:
            spilled = Path(directory)
            audit = TripletAudit(sorted(cleaned), margin, pivot, spilled)
            edited = [code for code in cleaned if settings[code].shares.edited > 0]
            spill_pairs(cleaned, pivot, sentence_hashes, spilled, with_names=edited)
            groups = MeaningGroups.load(spilled)
            builder = PartBuilder(
                spilled=spilled,
                uses=uses,
                margin=margin,
                pivot=pivot,
                seed=context.seed,
                hash_sentences=sentence_hashes,
            )
            parts = split_into_parts(cleaned, mined, settings)
            guard = _PrebuiltGuard(groups, settings, _read_suites(holdout if prebuilt else None))
            built = _weighted(parts, builder, audit, weight_by_score=weight_by_score)
            batches = _batches(built, prebuilt, guard, audit)
            total = tables.write_batches(out / layout.TRIPLETS, tables.TRIPLETS, batches)
            write_json(out / layout.AUDIT, audit.to_json())
        if total == 0:
            raise EmptyCorpus(
                "not a single triplet could be built",
                where="triplets",
                hint="Each language needs at least two pairs with different meanings. "
                "Add text, or raise triplets.max_chrf.",
            )
        logger.info("triplets: %d", total)
        return TripletsCounts(total, audit.triplets_by_language(), audit.triplets_by_corpus())

    return context.store.build(
        "triplets",
        work,
        revision=REVISION,
        config={
            **_key_settings(pivot, settings, uses, margin, prebuilt),
            # A key without it is that of earlier versions, whose triplets are the same.
            **({"weight_by_score": True} if weight_by_score else {}),
        },
        inputs=_inputs(cleaned, mined, prebuilt, holdout),
        seed=context.seed,
    )


def _weighted(
    parts: Sequence[Part], builder: PartBuilder, audit: TripletAudit, *, weight_by_score: bool
) -> Iterator[pa.RecordBatch]:
    """The mined triplets, weighted by the probabilities of their pairs if that is asked for."""
    weights: dict[str, PairWeights] = {}
    for part, built in build_parts(parts, builder):
        audit.add_part(part, built)
        if not weight_by_score:
            yield from built.batches
            continue
        if part.language not in weights:
            weights[part.language] = PairWeights(part.pairs)
        yield from weights[part.language].weighted(part.rows, built.batches)


def _batches(
    mined: Iterator[pa.RecordBatch],
    prebuilt: Sequence[PrebuiltTripletsCorpus],
    guard: _PrebuiltGuard,
    audit: TripletAudit,
) -> Iterator[pa.RecordBatch]:
    """The mined triplets, then the prebuilt ones, whose share depends on how many were mined."""
    yield from mined
    mined_triplets = sum(audit.triplets_by_language().values())
    for corpus in prebuilt:
        allowed = guard.allowed(corpus, mined_triplets)
        audit.add_prebuilt(corpus.display_name, allowed)
        yield from tables.in_batches(allowed.rows, tables.TRIPLETS)


@dataclass(frozen=True)
class _PrebuiltGuard:
    """Which prebuilt triplets may be trained on."""

    groups: MeaningGroups
    settings: Mapping[str, Triplets]
    suites: LabeledSuites | None

    def allowed(self, corpus: PrebuiltTripletsCorpus, mined_triplets: int) -> GuardedTriplets:
        """The triplets of one corpus that pass the guards, limited to the corpus's share.

        A sentence that is in no pair is its own meaning group.
        """
        return guard_prebuilt(
            self._checked_for_leaks(corpus),
            (corpus.anchor_language, corpus.language),
            group_lookup(self.groups, sentence_hashes),
            max_chrf=max((limits.max_chrf for limits in self.settings.values()), default=100.0),
            limit=round(corpus.share / (1 - corpus.share) * mined_triplets),
            weight=corpus.weight,
        )

    def _checked_for_leaks(
        self, corpus: PrebuiltTripletsCorpus
    ) -> Iterator[tuple[PrebuiltTriplet, bool]]:
        """The normalized triplets of a corpus, with whether a sentence of each is in a suite."""
        names = (corpus.columns.anchor, corpus.columns.positive, corpus.columns.negative)
        rows = read_prebuilt(tabular.rows(corpus.path, list(names)), names)
        while block := list(itertools.islice(rows, tables.ROWS_PER_BATCH)):
            sides = []
            for texts in zip(*block, strict=True):
                sides.append(columns.normalized(columns.from_strings(texts)))
            leaks = [False] * len(block)
            if self.suites is not None:
                leaks = leaking_rows(self.suites, sides).tolist()
            normalized = zip(*(side.strings() for side in sides), strict=True)
            yield from zip(map(PrebuiltTriplet._make, normalized), leaks, strict=True)


def _read_suites(holdout: Artifact | None) -> LabeledSuites | None:
    if holdout is None:
        return None
    directories = [holdout.path / layout.SUITES, holdout.path / layout.DEVELOPMENT]
    return read_suites(directories, None)


def _key_settings(
    pivot: str,
    settings: Mapping[str, Triplets],
    uses: Mapping[str, CorpusUsage],
    margin: float,
    prebuilt: Sequence[PrebuiltTripletsCorpus],
) -> dict[str, Any]:
    # The curriculum has already been applied to the shares.
    by_language = {
        code: limits.model_dump(exclude={"curriculum"}) for code, limits in settings.items()
    }
    return {
        "pivot": pivot,
        "margin": margin,
        "uses": {name: use._asdict() for name, use in sorted(uses.items())},
        "settings": by_language,
        "prebuilt": [corpus.model_dump(mode="json", exclude={"path"}) for corpus in prebuilt],
    }


def _inputs(
    cleaned: Mapping[str, Artifact],
    mined: Mapping[str, Artifact],
    prebuilt: Sequence[PrebuiltTripletsCorpus],
    holdout: Artifact | None,
) -> dict[str, Input]:
    inputs = {f"clean:{language}": artifact.input() for language, artifact in cleaned.items()}
    inputs |= {f"mine:{language}": artifact.input() for language, artifact in mined.items()}
    for corpus in prebuilt:
        name = f"prebuilt:{corpus.display_name}"
        inputs[name] = Input(file_digest(corpus.path), corpus.path)
    if prebuilt and holdout is not None:
        inputs["suites"] = holdout.directory(layout.SUITES)
        development = holdout.directory(layout.DEVELOPMENT)
        if development.files:
            inputs["development"] = development
    return inputs
