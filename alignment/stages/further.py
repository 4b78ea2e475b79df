"""What the gate judges besides accuracy: pools, queries to documents, ONNX graphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alignment import layout, tables
from alignment.config import Gate
from alignment.errors import DataError
from alignment.gate import ExportOutcome, Further
from alignment.stages.evaluate import SuiteCounts
from alignment.stages.evaluate_onnx import read_accuracies
from alignment.stages.onnx import OnnxCounts
from alignment.types import EXPORT_RULES, Accuracy, Artifact, FurtherRule

MIXED = "mixed"
ONNX = "onnx"
ONNX_IN = "onnx:"
RETRIEVE = "retrieve:"


@dataclass(frozen=True)
class FurtherArtifacts:
    """What was measured of one encoder, besides the artifacts of `evaluate`."""

    mixed: Artifact | None = None
    retrieved: Mapping[str, Artifact] = field(default_factory=dict)
    """By language."""
    onnx: Artifact | None = None
    """The graphs of the candidate."""
    onnx_measured: Mapping[str, Artifact] = field(default_factory=dict)
    """By language; empty if no graph could be made."""

    @classmethod
    def of(cls, artifacts: Mapping[str, Artifact]) -> FurtherArtifacts:
        """From `by_name`."""
        return cls(
            artifacts.get(MIXED),
            _by_language(artifacts, RETRIEVE),
            artifacts.get(ONNX),
            _by_language(artifacts, ONNX_IN),
        )

    def by_name(self) -> dict[str, Artifact]:
        """All of them; the names are those of the gate's inputs."""
        named = {}
        if self.mixed is not None:
            named[MIXED] = self.mixed
        named |= {f"{RETRIEVE}{code}": artifact for code, artifact in self.retrieved.items()}
        if self.onnx is not None:
            named[ONNX] = self.onnx
        named |= {f"{ONNX_IN}{code}": artifact for code, artifact in self.onnx_measured.items()}
        return named


def _by_language(artifacts: Mapping[str, Artifact], prefix: str) -> dict[str, Artifact]:
    by_language = {}
    for name, artifact in artifacts.items():
        if name.startswith(prefix):
            by_language[name.removeprefix(prefix)] = artifact
    return by_language


NOTHING = FurtherArtifacts()


@dataclass(frozen=True)
class Measured:
    """All that was measured of one encoder."""

    evaluated: Mapping[str, Artifact]
    """By language."""
    further: FurtherArtifacts = NOTHING


def further_outcomes(
    candidate: Measured, reference: Measured, language: str, suite: str, asked: Gate, *, first: bool
) -> Iterator[Further]:
    """The further measurements that something is asked of, for one language on one suite.

    Those of retrieval suites come with the `first` suite of the language.

    Raises:
        DataError: if one is asked of and was not made, or on different queries.
    """
    if asked.mixed_pool is not None:
        yield _mixed(candidate, reference, language, suite)
    if asked.hard_pool is not None:
        yield _hard(candidate, reference, language, suite)
    if asked.retrieval is not None and first:
        yield from _retrieval(candidate, reference, language, asked.retrieval.metric)


def export_outcomes(candidate: Measured, language: str, suite: str) -> Iterator[ExportOutcome]:
    """How the candidate's ONNX graphs do in one language on one suite; none if there are none."""
    made = candidate.further.onnx
    if made is None:
        return
    problem = OnnxCounts.of(made).problem
    if problem:
        yield ExportOutcome("onnx", 0.0, problem)
        return
    accuracies = read_accuracies(candidate.further.onnx_measured[language])
    for rule in EXPORT_RULES:
        if rule in accuracies:
            yield ExportOutcome(rule, _accuracy(accuracies[rule][suite]))


def _accuracy(counts: SuiteCounts) -> float:
    """In the order of additions of `Accuracy.mean`, so that equal answers have equal accuracies."""
    accuracy = Accuracy(
        counts.forward / counts.queries, counts.backward / counts.queries, counts.queries
    )
    return accuracy.mean


def _mixed(candidate: Measured, reference: Measured, language: str, suite: str) -> Further:
    scores = []
    for measured in (reference, candidate):
        path = _existing(measured.further.mixed, layout.outcomes_file(suite), "mixed_pool")
        table = tables.read_table(path, filters=[("language", "=", language)])
        correct = map(float, table["correct"].to_pylist())
        scores.append(dict(zip(table["query_id"].to_pylist(), correct, strict=True)))
    return _further("mixed_pool", suite, scores[0], scores[1], language)


def _hard(candidate: Measured, reference: Measured, language: str, suite: str) -> Further:
    scores = []
    for measured in (reference, candidate):
        artifact = measured.evaluated[language]
        path = _existing(artifact, layout.hard_file(suite), "hard_pool")
        by_pair: dict[str, float] = {}
        for row in tables.read(path):
            pair = row["query_id"]
            by_pair[pair] = by_pair.get(pair, 0.0) + row["correct"] / 2
        scores.append(by_pair)
    return _further("hard_pool", suite, scores[0], scores[1], language)


def _retrieval(
    candidate: Measured, reference: Measured, language: str, metric: str
) -> Iterator[Further]:
    after = candidate.further.retrieved.get(language)
    before = reference.further.retrieved.get(language)
    if after is None or before is None:
        return  # no suite has the language
    for suite in layout.evaluated_suites(after):
        file = layout.outcomes_file(suite)
        scores = []
        for artifact in (before, after):
            path = _existing(artifact, file, "retrieval")
            queries, values = tables.read_columns(path, "query_id", metric)
            scores.append(dict(zip(queries, values, strict=True)))
        further = _further("retrieval", suite, scores[0], scores[1], language)
        yield further._replace(metric=metric)


def _further(
    rule: FurtherRule,
    suite: str,
    before: Mapping[str, float],
    after: Mapping[str, float],
    language: str,
) -> Further:
    """Both encoders' scores in the order of the ids.

    Raises:
        DataError: if they are of different queries, or of none.
    """
    if before.keys() != after.keys() or not after:
        raise DataError(
            f"the two encoders were measured on different queries of {suite} ({rule})"
            if after
            else f"no query of {suite} was measured ({rule})",
            where=f"languages.{language}",
            hint="Run again: the suite is measured again with both.",
        )
    order = sorted(after)
    return Further(rule, suite, [before[key] for key in order], [after[key] for key in order])


def _existing(artifact: Artifact | None, file: str, rule: FurtherRule) -> Path:
    """The file of a measurement.

    Raises:
        DataError: if it was not made.
    """
    if artifact is None or file not in artifact.files:
        raise DataError(
            f"gate.{rule} asks for a measurement that this run does not have",
            where=f"evaluate.{rule}",
            hint=f"Set evaluate.{rule} and run again, or remove gate.{rule}.",
        )
    return artifact.path / file
