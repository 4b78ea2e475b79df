"""gate: the candidate's outcomes against the reference's, by language and suite, to a verdict."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alignment import layout
from alignment.cleaning.trained import trained_sentences
from alignment.config import Gate
from alignment.config.gate import AFTERWARDS
from alignment.errors import Corrupt, DataError
from alignment.files import write_json
from alignment.gate import Earlier, Further, PairedOutcomes, SuiteOutcomes, decide
from alignment.gate.evidence import FIRST, SuiteKey, further_key
from alignment.gate.record import verdict_from_json, verdict_to_json
from alignment.stages.evaluate import read_measures
from alignment.stages.further import (
    NOTHING,
    FurtherArtifacts,
    Measured,
    export_outcomes,
    further_outcomes,
)
from alignment.stages.outcomes import read_answers
from alignment.store import Store
from alignment.types import NO_MEASURES, Artifact, Counts, Verdict

REVISION = 4
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GateCounts(Counts):
    """Findings, one per language and suite, and how many of them passed."""

    findings: int
    passed: int


def gate(
    store: Store,
    candidate: Mapping[str, Artifact],
    reference: Mapping[str, Artifact],
    rules: Mapping[str, Gate],
    *,
    against: str,
    earlier: Earlier = FIRST,
    holdout: Artifact | None = None,
    triplets: Sequence[Artifact] = (),
    further: tuple[FurtherArtifacts, FurtherArtifacts] = (NOTHING, NOTHING),
) -> Artifact:
    """`verdict.json`: the candidate's outcomes by language against those of the reference.

    Args:
        store: Where the artifact goes.
        candidate: Artifacts of `evaluate` by language.
        reference: The same of the other encoder.
        rules: What is asked of each language.
        against: The reference's name in messages.
        earlier: Earlier candidates against the same reference on the same suites.
        holdout: The suites, which are searched for sentences that were trained on.
        triplets: What the candidate was trained on.
        further: Other measurements, of the candidate and of the reference.

    Raises:
        DataError: if a language has no suite, or one with too few pairs.
    """

    def work(out: Path) -> GateCounts:
        leaked = _leaked(candidate, holdout, triplets)
        write_json(out / layout.LEAKED, [[*key, count] for key, count in leaked.items()])
        after = Measured(candidate, further[0])
        before = Measured(reference, further[1])
        outcomes = paired_outcomes(after, before, leaked, rules)
        verdict = decide(outcomes, rules, against, earlier)
        write_json(out / layout.VERDICT, verdict_to_json(verdict))
        passed = sum(finding.passed for finding in verdict.findings)
        return GateCounts(len(verdict.findings), passed)

    inputs = {f"candidate:{language}": artifact.input() for language, artifact in candidate.items()}
    inputs |= {
        f"reference:{language}": artifact.input() for language, artifact in reference.items()
    }
    for name, measured in zip(("candidate", "reference"), further, strict=True):
        for kind, artifact in measured.by_name().items():
            inputs[f"further:{name}:{kind}"] = artifact.input()
    if holdout is not None:
        inputs["holdout"] = holdout.input()
    for number, artifact in enumerate(triplets):
        inputs[f"triplets:{number}"] = artifact.input(layout.TRIPLETS)
    unasked = {*AFTERWARDS} if further[0].onnx is not None else {*AFTERWARDS, "onnx"}
    asked = {language: rules[language].model_dump(exclude=unasked) for language in candidate}
    config = {
        "against": against,
        "rules": asked,
        "attempt": earlier.attempt,
        "refused": sorted(earlier.refused),
    }
    return store.build("gate", work, revision=REVISION, config=config, inputs=inputs)


def read_verdict(artifact: Artifact) -> Verdict:
    """The verdict of an artifact of `gate`, of this release or an earlier one."""
    return verdict_from_json(json.loads((artifact.path / layout.VERDICT).read_text()))


def read_leaked(artifact: Artifact) -> dict[SuiteKey, int]:
    """Sentences of each language and suite that the candidate was trained on."""
    path = artifact.path / layout.LEAKED
    if not path.is_file():
        return {}
    return {(language, suite): count for language, suite, count in json.loads(path.read_text())}


def paired_outcomes(
    candidate: Measured,
    reference: Measured,
    leaked: Mapping[SuiteKey, int],
    rules: Mapping[str, Gate],
) -> Iterator[SuiteOutcomes]:
    """What the gate judges, by language and suite.

    Raises:
        DataError: if a language has no suite, or the encoders were measured on different queries.
        Corrupt: if the reference gives vectors that are not finite.
    """
    for language, artifact in candidate.evaluated.items():
        suites = layout.evaluated_suites(artifact)
        if not suites:
            raise DataError(
                "there is no evaluation suite for this language",
                where=f"languages.{language}",
                hint="Raise holdout.share, or add a suite that has the language.",
            )
        measures = read_measures(artifact)
        for suite in suites:
            file = layout.outcomes_file(suite)
            before = read_answers(reference.evaluated[language].path / file)
            after = read_answers(artifact.path / file)
            if before.pairs() != after.pairs():
                raise DataError(
                    f"the two encoders were measured on different queries of {suite}",
                    where=f"languages.{language}",
                    hint="Run again: the suite is measured again with both.",
                )
            if before.not_finite:
                raise Corrupt(
                    "the encoder that the candidate is compared with gives NaN or infinite vectors",
                    where=f"languages.{language}",
                    hint="If it is deployed, go back with `alignment rollback`.",
                )
            order = sorted(after.pairs())
            measured = further_outcomes(
                candidate, reference, language, suite, rules[language], first=suite == suites[0]
            )
            further = [_with_leaks(outcomes, language, leaked) for outcomes in measured]
            yield SuiteOutcomes(
                language,
                suite,
                forward=PairedOutcomes(before.forward_of(order), after.forward_of(order)),
                backward=PairedOutcomes(before.backward_of(order), after.backward_of(order)),
                not_finite=after.not_finite,
                tied=after.tied,
                leaked=leaked.get((language, suite), 0),
                further=tuple(further),
                exports=tuple(export_outcomes(candidate, language, suite)),
                measures=measures.get(suite, NO_MEASURES),
            )


def _with_leaks(outcomes: Further, language: str, leaked: Mapping[SuiteKey, int]) -> Further:
    """A retrieval suite, with the number of its queries that were trained on."""
    key = further_key(language, outcomes.suite, outcomes.rule)
    return outcomes._replace(leaked=leaked.get(key, 0))


def _leaked(
    candidate: Mapping[str, Artifact], holdout: Artifact | None, triplets: Sequence[Artifact]
) -> dict[SuiteKey, int]:
    if holdout is None or not triplets:
        return {}
    suites = {}
    for language, artifact in candidate.items():
        for suite in layout.evaluated_suites(artifact):
            suites[language, suite] = holdout.path / layout.suite_file(suite, language)
        for suite in layout.suites_of(holdout, language, layout.QUERIES):
            file = layout.suite_file(suite, language, layout.QUERIES)
            suites[further_key(language, suite, "retrieval")] = holdout.path / file
    return trained_sentences([artifact.path / layout.TRIPLETS for artifact in triplets], suites)
