"""Measuring the deployed version once more: has a language fallen since it was published?

The suites are those of the configuration as the corpora are today. Where the suite is the one of
the publication and its answers are stored, the two sets of answers are compared pair by pair. This
notices a change of the libraries or of the hardware. Elsewhere the accuracies are compared as those
of separate samples. This notices that the text has changed, such as new kinds of sentences. All
tests of a check share the error rate `gate.alpha` by Holm's correction. Nothing is deployed, and
what is measured is not stored: the answers of the publication stay.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alignment import layout
from alignment.config import Config
from alignment.encoder.cache import clear_encoders
from alignment.errors import Corrupt, Missing
from alignment.gate import (
    PairedOutcomes,
    SuiteKey,
    SuiteOutcomes,
    count_changes,
    holm,
    p_fallen,
    p_worse,
)
from alignment.gate.record import verdict_from_json
from alignment.pipeline.data import hold_out
from alignment.pipeline.runner import LocalRunner, Runner, guarded
from alignment.pipeline.workspace import Workspace
from alignment.registry import Version
from alignment.stages.evaluate import EvaluateCounts, SuiteCounts, evaluate
from alignment.stages.outcomes import Answers, read_answers
from alignment.store import Store
from alignment.store.directories import TEMPORARY
from alignment.types import Accuracy, Artifact

Method = Literal["paired", "separate", "not published"]
"""How the two measurements were compared; a suite that was not published is only measured."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Remeasured:
    """One language on one suite, when it was published and now."""

    language: str
    suite: str
    published: Accuracy | None
    now: Accuracy
    method: Method
    p: float | None
    """One-sided p-value for "it has not fallen", after Holm's correction."""
    fallen: bool


@dataclass(frozen=True)
class ChampionCheck:
    """The deployed version, measured once more."""

    model: str
    version: str
    rows: tuple[Remeasured, ...]

    @property
    def fallen(self) -> list[str]:
        """Codes of the languages that have fallen significantly."""
        return sorted({row.language for row in self.rows if row.fallen})


def check_champion(
    config: Config, workspace: Workspace, runner: Runner | None = None
) -> ChampionCheck:
    """Measure the deployed version on the suites of the configuration, and compare.

    Raises:
        Busy: if a run of the model is in progress.
        Missing: if nothing is deployed.
        AlignmentError: from the stage that failed.
    """
    with workspace.exclusive(config.name):
        guard = guarded(runner or LocalRunner(), workspace.root)
        champion = workspace.registry_of(config).champion()
        if champion is None:
            raise Missing(
                f"no version of {config.name!r} is deployed, so there is nothing to measure",
                where=str(workspace.root),
                hint="Start a run first: it deploys what the gate approves.",
            )
        _, suites = hold_out(config, workspace, guard)
        clear_encoders()
        temporary = workspace.store.root / TEMPORARY  # `alignment store gc` empties it
        with tempfile.TemporaryDirectory(dir=temporary, prefix="check-") as directory:
            measured = _measure(config, Store(Path(directory)), guard, suites, champion)
            rows = _compare(config, workspace, measured, champion)
    return ChampionCheck(config.name, champion.name, tuple(rows))


def _measure(
    config: Config, store: Store, runner: Runner, suites: Artifact, champion: Version
) -> dict[str, Artifact]:
    """The artifacts of `evaluate` by language, in a store of their own."""
    calls = {}
    for code in config.measured:
        calls[code] = functools.partial(
            evaluate,
            store,
            code,
            suites,
            champion.input(),
            hard_pool_pivot=config.pivot if config.evaluate.hard_pool else None,
            trust_remote_code=config.encoder.runs_code,
        )
    return runner.map("evaluate champion", calls)


def _compare(
    config: Config, workspace: Workspace, measured: Mapping[str, Artifact], champion: Version
) -> list[Remeasured]:
    published = _published(champion)
    rows = []
    for language, artifact in measured.items():
        before = _stored_answers(workspace, artifact)
        for suite, counts in EvaluateCounts.of(artifact).suites.items():
            score = published.get((language, suite))
            after = read_answers(artifact.path / layout.outcomes_file(suite))
            answers = before.get(suite)
            if score is None:
                rows.append(_row(language, suite, None, counts, "not published", None))
            elif answers is not None and _agrees(answers, after, score):
                p = p_worse(count_changes(_paired(language, suite, answers, after)), allowed=0)
                rows.append(_row(language, suite, score, counts, "paired", p))
            else:
                p = p_fallen(score, _accuracy(counts))
                rows.append(_row(language, suite, score, counts, "separate", p))
    return _corrected(rows, config.gate.alpha)


def _published(champion: Version) -> dict[SuiteKey, Accuracy]:
    """What the gate measured when the version was published; nothing for an earlier release."""
    content = champion.manifest.get("verdict")
    if content is None:
        return {}
    verdict = verdict_from_json(content)
    return {(finding.language, finding.suite): finding.after for finding in verdict.findings}


def _stored_answers(workspace: Workspace, artifact: Artifact) -> dict[str, Answers]:
    """The answers of an earlier measurement of the same encoder on the same suites."""
    try:
        stored = workspace.store.get(artifact.key)
        workspace.store.check(stored)
    except (Missing, Corrupt):
        return {}
    answers = {}
    for suite in layout.evaluated_suites(stored):
        answers[suite] = read_answers(stored.path / layout.outcomes_file(suite))
    return answers


def _agrees(before: Answers, after: Answers, published: Accuracy) -> bool:
    """Whether stored answers are those that the published accuracy was computed from."""
    if before.pairs() != after.pairs() or len(before.forward) != published.n:
        return False
    right = sum(before.forward.values()) + sum(before.backward.values())
    return abs(right / (2 * published.n) - published.mean) < _ROUNDING


def _paired(language: str, suite: str, before: Answers, after: Answers) -> SuiteOutcomes:
    order = sorted(after.pairs())
    return SuiteOutcomes(
        language,
        suite,
        forward=PairedOutcomes(before.forward_of(order), after.forward_of(order)),
        backward=PairedOutcomes(before.backward_of(order), after.backward_of(order)),
    )


def _row(
    language: str,
    suite: str,
    published: Accuracy | None,
    counts: SuiteCounts,
    method: Method,
    p: float | None,
) -> Remeasured:
    return Remeasured(language, suite, published, _accuracy(counts), method, p, fallen=False)


def _accuracy(counts: SuiteCounts) -> Accuracy:
    forward = counts.forward / counts.queries
    return Accuracy(forward, counts.backward / counts.queries, counts.queries)


def _corrected(rows: list[Remeasured], alpha: float) -> list[Remeasured]:
    """The rows with corrected p-values, and what they say."""
    p_values = holm([row.p for row in rows if row.p is not None])
    corrected = iter(p_values)
    result = []
    for row in rows:
        p = None if row.p is None else next(corrected)
        fallen = p is not None and p < alpha
        values = (row.language, row.suite, row.published, row.now, row.method)
        result.append(Remeasured(*values, p, fallen))
    return result
